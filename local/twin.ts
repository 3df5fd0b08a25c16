/** What every twin is: a server of its own process, an address, and a question that tells whether it answers. */

import { delimiter } from 'node:path'
import type { Tools } from './prepare.ts'

export type TwinName = 'mysql' | 'aws' | 'snowflake'

export type Twin = {
  name: TwinName
  port: number
  /** For people: `MariaDB 10.11.6 on 127.0.0.1:3306`. */
  title: string
  command: string[]
  environment: Record<string, string>
  /** Makes what the server needs on the disk before it starts; done again it changes nothing. */
  makeReady: () => void
  answers: () => Promise<boolean>
  /** How long a start may take on a slow machine. */
  patienceSeconds: number
}

/** `home` holds the twins' files, `root` is the checkout; `ports` are chosen for all twins together. */
export type TwinPlace = {
  home: string
  root: string
  tools: Tools
  ports: Record<TwinName, number>
  log: (line: string) => void
}

/** What of the caller's environment a server sees; settings and credentials of its user are not for it, or its Lambdas. */
const PASSED_ON = [
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'DOCKER_HOST',
]

/** A server's environment: little of the caller's, Node and Python of this project first on the PATH. */
export function serverEnvironment(tools: Tools): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  const path = [tools.nodeFolder, process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter)
  return { ...Object.fromEntries(passed), PATH: path, PYTHONUNBUFFERED: '1', NO_PROXY: '127.0.0.1,localhost' }
}

/** Whether a GET of the URL is answered with a success within two seconds. */
export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
