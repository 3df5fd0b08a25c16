/** doctor: every setting and connection, each with what was found and what mends it. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { mysqlSettings, snowflakeSettings } from '../../lib/settings.ts'
import { checkBucket } from '../../lib/store/client.ts'
import { readDeployment, stackName } from '../deployment.ts'
import { askedMetadata, loadEnvironment, ROOT } from '../environment.ts'
import { mysqlHealth } from '../mysql-health.ts'
import { answer, endWith, table } from '../terminal.ts'
import { withWarehouse } from '../warehouse.ts'

export type Check = { what: string; ok: boolean; found: string; remedy: string }

const attempt = async (what: string, look: () => Promise<string>, remedy: string): Promise<Check> => {
  try {
    return { what, ok: true, found: await look(), remedy: '' }
  } catch (error) {
    return { what, ok: false, found: `${(error as Error).name}: ${(error as Error).message}`, remedy }
  }
}

const mysql = async () => mysqlHealth(await mysqlSettings())

const snowflake = async () => {
  const settings = await snowflakeSettings()
  return withWarehouse(async (warehouse) => {
    const rows = await warehouse.query(
      `SELECT COUNT(*) AS N FROM ${settings.database}.INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = '_FIRN' AND TABLE_NAME = 'LOADS'`,
    )
    if (Number(rows[0]?.N) < 1) throw new Error(`no ledger in ${settings.database}._FIRN`)
    return `${settings.accessUrl ?? settings.account} as ${settings.user}, database ${settings.database}, ledger there`
  })
}

const dbt = async () => {
  const program = join(ROOT, '.firn', 'venv', 'bin', 'dbt')
  if (!existsSync(program)) throw new Error('dbt is not installed in .firn/venv')
  if (!existsSync(join(ROOT, 'dbt', 'dbt_project.yml'))) throw new Error('dbt/dbt_project.yml is not there')
  return program
}

const metadata = async () => {
  const found = askedMetadata()
  return `${found.folder}: ${found.tables.length} tables, ${found.jobs.length} jobs`
}

const aws = async () => {
  const deployment = await readDeployment()
  return `${process.env.AWS_ENDPOINT_URL ?? 'AWS'}, ${stackName()}, ${deployment.stateMachineArn}`
}

/** Looks at everything; each look is its own, so that one failure hides no other. */
const examine = async (): Promise<Check[]> => {
  const first = [
    await attempt('metadata', metadata, 'mend what is named; metadata/*.schema.json say what each key means'),
    await attempt('MySQL', mysql, 'check MYSQL_* in .env, or start the twins: npm run -s firn -- up'),
    await attempt('AWS', aws, 'npm run -s firn -- deploy'),
  ]
  return [
    ...first,
    // the bucket's name comes from the stack, unless MINIO_* names one
    await attempt(
      process.env.MINIO_ENDPOINT ? 'MinIO' : 'S3',
      checkBucket,
      process.env.MINIO_ENDPOINT ? 'check MINIO_* in .env' : 'npm run -s firn -- deploy',
    ),
    await attempt('Snowflake', snowflake, 'check SNOWFLAKE_* in .env; then npm run -s firn -- setup snowflake --run'),
    await attempt('dbt', dbt, 'npm run -s firn -- prepare'),
  ]
}

/** Adds the command. */
export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('check every setting and connection')
    .action(async () => {
      loadEnvironment()
      const checks = await examine()
      const lines = checks.map(({ what, ok, found, remedy }) => [
        what,
        ok ? 'ok' : 'FAILED',
        found,
        remedy && `→ ${remedy}`,
      ])
      answer(checks, table(['check', '', 'found', 'remedy'], lines))
      if (checks.some(({ ok }) => !ok)) endWith(2)
    })
}
