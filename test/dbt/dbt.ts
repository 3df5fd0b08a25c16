/** dbt, run by hand as a user would, with dbt/profiles.yml and the environment it names. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, stackForTests } from '../stack.ts'

export type Node = { name: string; status: string; rows: number | undefined }
type Ran = { code: number; log: string; nodes: Node[]; artifact: (name: string) => unknown }

type RunResults = {
  results: { unique_id: string; status: string; adapter_response: { rows_affected?: number } }[]
}

/** `test.firn.unique_orders.1a2b3c` → `unique_orders`; the model of a unit test is left out. */
const nameOf = (id: string) => {
  const parts = id.split('.')
  return (parts[0] === 'unit_test' ? parts[3] : parts[2])!
}

/** Runs dbt on the project in `database`; what it writes goes to a folder `home` outside the project. */
export const dbt = async (home: string, database: string, args: string[]): Promise<Ran> => {
  const { accessUrl, account, user, password } = stackForTests().snowflake
  const { hostname, port, protocol } = new URL(accessUrl)
  const target = join(home, 'target')
  const results = join(target, 'run_results.json')
  rmSync(results, { force: true })
  const env = {
    ...process.env,
    ...{ SNOWFLAKE_ACCOUNT: account, SNOWFLAKE_USER: user, SNOWFLAKE_PASSWORD: password, SNOWFLAKE_DATABASE: database },
    ...{ SNOWFLAKE_HOST: hostname, SNOWFLAKE_PORT: port, SNOWFLAKE_PROTOCOL: protocol.replace(':', '') },
    ...{ DBT_TARGET_PATH: target, DBT_LOG_PATH: join(home, 'logs'), DBT_USE_COLORS: 'false' },
  }
  const program = join(ROOT, '.firn/venv/bin/dbt')
  const options = { cwd: join(ROOT, 'dbt'), env, maxBuffer: 64e6 }
  const { code, log } = await new Promise<{ code: number; log: string }>((resolve) =>
    execFile(program, [...args, '--profiles-dir', '.'], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, log: stdout + stderr }),
    ),
  )
  const artifact = (name: string) => JSON.parse(readFileSync(join(target, name), 'utf8')) as unknown
  const nodes = existsSync(results)
    ? (artifact('run_results.json') as RunResults).results.map(({ unique_id, status, adapter_response }) => ({
        name: nameOf(unique_id),
        status,
        rows: adapter_response.rows_affected,
      }))
    : []
  return { code, log, nodes, artifact }
}

/** Names of the nodes that neither passed nor were built. */
export const unhappy = ({ nodes }: Ran): string[] =>
  nodes.filter(({ status }) => !['success', 'pass'].includes(status)).map(({ name, status }) => `${name} ${status}`)
