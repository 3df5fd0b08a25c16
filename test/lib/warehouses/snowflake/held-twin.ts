/** A Snowflake twin of a test's own, whose statements a test can hold up: what happens meanwhile is looked at, not raced for. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { choosePort } from '../../../../local/ports.ts'
import { prepare } from '../../../../local/prepare.ts'
import { start, stop } from '../../../../local/processes.ts'
import { snowflakeTwin } from '../../../../local/snowflake.ts'
import type { Stack } from '../../../../local/stack.ts'
import { ROOT, stackForTests } from '../../../stack.ts'

type Hold = {
  /** Resolves when a statement is being held. */
  held: () => Promise<void>
  isHeld: () => boolean
  release: () => void
}

export type HeldTwin = {
  stack: Stack
  /** Holds every statement that contains a text, before it runs. */
  hold: (text: string) => Hold
  down: () => Promise<void>
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await pause(20)
}

/** Starts it, with more arguments if it needs any. It tells a client to ask again after a second, as Snowflake does after 45. */
export const heldTwin = async (more: string[] = []): Promise<HeldTwin> => {
  const home = mkdtempSync(join(tmpdir(), 'firn-held-'))
  const folder = join(home, 'holds')
  const log = () => {}
  const tools = await prepare({ root: ROOT, log })
  const shared = stackForTests()
  const port = await choosePort(undefined, new Set())
  const ports = { mysql: 0, aws: Number(new URL(shared.s3.endpoint).port), snowflake: port }
  const twin = snowflakeTwin({ home, root: ROOT, tools, ports, log })
  const command = [...twin.command, '--hold', folder, '--answer-within', '1', ...more]
  start({ home, name: twin.name, port, command, environment: twin.environment, folder: ROOT })
  await until(() => twin.answers())
  let count = 0
  return {
    stack: { ...shared, snowflake: { ...shared.snowflake, accessUrl: `http://127.0.0.1:${port}` } },
    hold: (text) => {
      const file = join(folder, `hold-${count++}`)
      writeFileSync(file, `before\n${text}`)
      const isHeld = () => existsSync(`${file}.held`)
      return { held: () => until(isHeld), isHeld, release: () => rmSync(file, { force: true }) }
    },
    down: async () => {
      await stop(home, twin.name)
      rmSync(home, { recursive: true, force: true })
    },
  }
}
