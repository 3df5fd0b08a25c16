/** How each competitor is started, and where its files are afterwards. Every one is a process of its own. */
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import type { MysqlSettings } from '../lib/settings.ts'
import { EXTRACT_NODE_OPTIONS } from '../lib/stacks/stages.ts'
import { findProgram, searchFolders } from '../local/database-server.ts'
import type { CompetitorName, Entry } from './cases.ts'

/** What competitors are started with. `python` is null, with the reason, when the peers could not be installed. */
export type Ground = {
  root: string
  mysql: MysqlSettings
  python: string | null
  noPython: string
  bundles: { toFiles: string; toS3: string }
  /** Environment under which the S3 twin is found; empty when no case needs it. */
  storage: Record<string, string>
}

/** `output` is where standard output goes; `files` gives a table's files once it ran, none where nothing is written. */
export type Start = {
  command: string[]
  environment: Record<string, string>
  quiet: boolean
  files: (table: string) => string[]
}

/** A reason why it cannot be started here. */
type NotRun = { notRun: string }

const parquet = (folder: string, pattern: string) =>
  globSync(pattern, { cwd: folder })
    .map((file) => join(folder, file))
    .sort()

const mysqlEnvironment = ({ host, port, user, password, database }: MysqlSettings) => ({
  MYSQL_HOST: host,
  MYSQL_PORT: String(port),
  MYSQL_USER: user,
  MYSQL_PASSWORD: password,
  MYSQL_DATABASE: database,
})

const ours = ({ mysql, bundles }: Ground, { tables }: Entry, out: string): Start => ({
  command: [
    process.execPath,
    ...EXTRACT_NODE_OPTIONS.split(' '),
    bundles.toFiles,
    '--tables',
    tables.join(','),
    '--out',
    out,
  ],
  environment: mysqlEnvironment(mysql),
  quiet: false,
  files: (table) => parquet(out, `${table}-*.parquet`),
})

/** Each repetition is a run of its own; the harness fetches its files from the twin into `out`. */
const oursToS3 = ({ mysql, bundles, storage }: Ground, { tables }: Entry, out: string): Start => ({
  command: [
    process.execPath,
    ...EXTRACT_NODE_OPTIONS.split(' '),
    bundles.toS3,
    '--tables',
    tables.join(','),
    '--run-id',
    `bench-${Date.now()}`,
  ],
  environment: { ...mysqlEnvironment(mysql), ...storage },
  quiet: false,
  files: (table) => parquet(out, `${table}-*.parquet`),
})

/** The least that reading a table can take: the client throws the rows away as they come. */
const wire = ({ mysql }: Ground, { tables }: Entry): Start | NotRun => {
  const client = findProgram('mariadb', searchFolders()) ?? findProgram('mysql', searchFolders())
  if (!client) return { notRun: 'no mariadb or mysql client is installed' }
  const { host, port, user, password, database } = mysql
  const address = ['--protocol=tcp', `--host=${host}`, `--port=${port}`, `--user=${user}`, `--password=${password}`]
  const options = ['--quick', '--batch', '--raw', '--skip-column-names', '--default-character-set=utf8mb4']
  const sql = tables.map((table) => `SELECT * FROM ${table}`).join(';')
  const command = [client, '--no-defaults', ...address, ...options, `--execute=${sql}`, database]
  return { command, environment: {}, quiet: true, files: () => [] }
}

const python =
  (script: string, pattern: (table: string) => string, more: Record<string, string> = {}) =>
  (ground: Ground, { tables }: Entry, out: string): Start | NotRun => {
    if (!ground.python) return { notRun: ground.noPython }
    const asked = JSON.stringify({ mysql: ground.mysql, tables, out, ...more })
    return {
      command: [ground.python, join(ground.root, 'bench', 'peers', script), asked],
      environment: {},
      quiet: false,
      files: (table) => parquet(out, pattern(table)),
    }
  }

/** One table only: what it is measured by has one. */
const sling = (ground: Ground, { tables }: Entry, out: string): Start | NotRun => {
  if (!ground.python) return { notRun: ground.noPython }
  const folder = join(ground.python, '..', '..')
  const [program] = globSync('lib/python3*/site-packages/sling_*/bin/sling-*', { cwd: folder })
  if (!program || !existsSync(join(folder, program)))
    return { notRun: 'bench/requirements.txt has no wheel of sling for this kind of machine' }
  const { host, port, user, password, database } = ground.mysql
  const stream = ['--src-conn', 'SOURCE', '--src-stream', `${database}.${tables[0]}`]
  return {
    command: [join(folder, program), 'run', ...stream, '--tgt-object', `file://${out}/${tables[0]}.parquet`],
    environment: {
      SOURCE: `mysql://${user}:${password}@${host}:${port}/${database}`,
      SLING_HOME_DIR: join(out, '.sling'),
      SLING_DISABLE_TELEMETRY: 'true',
      // its Parquet writer of before; the one of now fetches a program from outside the package index
      SLING_DUCKDB_COMPUTE: 'false',
    },
    quiet: false,
    files: (table) => parquet(out, `${table}.parquet`),
  }
}

const COMPETITORS: Record<CompetitorName, (ground: Ground, entry: Entry, out: string) => Start | NotRun> = {
  firn: ours,
  'firn-s3': oursToS3,
  wire,
  connectorx: python('read_connectorx.py', (table) => `${table}.parquet`),
  'dlt-connectorx': python('read_dlt.py', (table) => `data/${table}/*.parquet`, { backend: 'connectorx' }),
  'dlt-pyarrow': python('read_dlt.py', (table) => `data/${table}/*.parquet`, { backend: 'pyarrow' }),
  duckdb: python('read_duckdb.py', (table) => `${table}.parquet`),
  sling,
}

/** The command of one entry, writing into the folder `out`, or why there is none. */
export const startOf = (ground: Ground, entry: Entry, out: string): Start | NotRun =>
  COMPETITORS[entry.competitor](ground, entry, out)
