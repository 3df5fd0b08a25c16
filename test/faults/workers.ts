/** Which Lambda worker is at the other end of a connection: the operating system knows. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A worker's process, and the stage whose code it runs. */
export type Worker = { pid: number; stage: string }

const WORKER = /ministack-lambda-firn-\w+-(\w+)-/

const quietly = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const stageOf = (pid: number): string | undefined =>
  WORKER.exec(
    existsSync('/proc')
      ? (quietly(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '')
      : (quietly(() => execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })) ?? ''),
  )?.[1]

const hex = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`

/** The inode of the socket on 127.0.0.1 from `local` to `remote`. */
const inodeOf = (local: number, remote: number): string | undefined =>
  ['tcp', 'tcp6']
    .flatMap((file) => (quietly(() => readFileSync(`/proc/net/${file}`, 'utf8')) ?? '').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1]?.endsWith(hex(local)) && fields[2]?.endsWith(hex(remote)))?.[9]

const holds = (pid: number, inode: string): boolean =>
  (quietly(() => readdirSync(`/proc/${pid}/fd`)) ?? []).some(
    (fd) => quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) === `socket:[${inode}]`,
  )

const inProc = (local: number, remote: number): Worker | undefined => {
  const inode = inodeOf(local, remote)
  if (inode === undefined) return undefined
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stage = stageOf(Number(name))
    if (stage && holds(Number(name), inode)) return { pid: Number(name), stage }
  }
  return undefined
}

const byLsof = (local: number): Worker | undefined => {
  const listed = quietly(() =>
    execFileSync('lsof', ['-nP', `-iTCP@127.0.0.1:${local}`, '-sTCP:ESTABLISHED', '-Fp'], { encoding: 'utf8' }),
  )
  for (const [, pid] of (listed ?? '').matchAll(/^p(\d+)$/gm)) {
    const stage = stageOf(Number(pid))
    if (stage) return { pid: Number(pid), stage }
  }
  return undefined
}

/** The worker whose connection goes from the port `local` to `remote`; undefined when another program's does. */
export const workerAt = (local: number, remote: number): Worker | undefined =>
  existsSync('/proc/net/tcp') ? inProc(local, remote) : byLsof(local)
