/** The whole line over a server of a test's own, with metadata of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { TableMetadata } from '../../lib/model.ts'
import type { MysqlSettings } from '../../lib/mysql-settings.ts'
import { type Ended, firn } from '../command-line.ts'

type OwnLine = {
  /** Settings of the command line, and of the deployment it makes. */
  environment: Record<string, string>
  /** `firn ARGS` with them. */
  own: <T = unknown>(...args: string[]) => Promise<Ended<T>>
}

type Tables = Record<string, Partial<Omit<TableMetadata, 'table'>>>

/** `jobs`: which tables each moves, without dbt; the first is the default. Gone when the file's tests are over. */
export const ownLine = (settings: MysqlSettings, tables: Tables, jobs: Record<string, '*' | string[]>): OwnLine => {
  const folder = mkdtempSync(join(tmpdir(), 'firn-metadata-'))
  after(() => rmSync(folder, { recursive: true }))
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value, null, 2))
  const described = Object.entries(tables).map(([name, meta]) => [
    name,
    { load_strategy: 'full', description: `The test's ${name}`, ...meta },
  ])
  write('table_metadata.json', Object.fromEntries(described))
  const made = Object.entries(jobs).map(([name, of]) => [
    name,
    { description: `The test's ${name}`, tables: of, lag_seconds: 0, transform: false },
  ])
  write('jobs.json', { default: Object.keys(jobs)[0], jobs: Object.fromEntries(made) })
  const { host, port, user, password, database, maskSalt } = settings
  const environment = {
    FIRN_METADATA: folder,
    MYSQL_HOST: host,
    MYSQL_PORT: String(port),
    MYSQL_USER: user,
    MYSQL_PASSWORD: password,
    MYSQL_DATABASE: database,
    ...(maskSalt ? { MYSQL_MASK_SALT: maskSalt } : {}),
  }
  return { environment, own: (...args) => firn(args, environment) }
}
