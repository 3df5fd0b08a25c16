/** COPY from the external stage: Snowflake reads the staging bucket itself. The way for everything but a store it cannot see. */
import type { Target } from '../../../model.ts'
import { FIRN_SCHEMA } from '../ddl.ts'
import { stageReference } from '../quote.ts'
import { batchOf, copySql, loadedRows, type Route, runCopy } from './route.ts'

/** The external stage at the root of the staging bucket. */
export const LAKE = 'LAKE'

/** So much goes into one COPY: what the smallest warehouse reads within hours. */
const COPY_BYTES = 32 * 2 ** 30

/** Keys are relative to the bucket's root. */
export const externalCopySql = (stage: Target, keys: string[]): string =>
  copySql(stage, `${stageReference(stage.database, FIRN_SCHEMA, LAKE)}/`, keys)

export const external: Route = {
  name: 'external',
  copy: async (load, at) => {
    const keys = batchOf(load.parts, at, COPY_BYTES).map(({ key }) => key)
    return loadedRows(keys, await runCopy(load, at, externalCopySql(load.stage, keys)))
  },
  end: async () => {},
}
