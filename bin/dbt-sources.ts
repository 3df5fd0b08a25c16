/** `npm run sources`: writes dbt's sources file from metadata/. `npm test` fails while the committed one is older. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DBT_SOURCES_FILE, dbtSourcesYaml } from '../lib/dbt-sources.ts'
import { RefusedError } from '../lib/errors.ts'
import { askedMetadata, ROOT } from './environment.ts'

try {
  writeFileSync(join(ROOT, DBT_SOURCES_FILE), dbtSourcesYaml(askedMetadata()))
  console.log(`${DBT_SOURCES_FILE} written`)
} catch (error) {
  if (!(error instanceof RefusedError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
