/** COPY from the external stage: Snowflake reads the staging bucket itself. The way for everything but a store it cannot see. */
import type { Target } from '../../../model.ts'
import { FIRN_SCHEMA } from '../ddl.ts'
import { stageReference } from '../quote.ts'
import { copySql, FILES_PER_COPY, loadedRows, type Route } from './route.ts'

/** The external stage at the root of the staging bucket. */
export const LAKE = 'LAKE'

/** Keys are relative to the bucket's root. */
export const externalCopySql = (stage: Target, keys: string[]): string =>
  copySql(stage, `${stageReference(stage.database, FIRN_SCHEMA, LAKE)}/`, keys)

export const external: Route = {
  name: 'external',
  copy: async ({ warehouse, stage, parts }, at) => {
    const keys = parts.slice(at, at + FILES_PER_COPY).map(({ key }) => key)
    return loadedRows(keys, await warehouse.query(externalCopySql(stage, keys)))
  },
  end: async () => {},
}
