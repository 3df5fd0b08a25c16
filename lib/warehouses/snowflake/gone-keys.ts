/** Keys of target rows that MySQL has no longer, by their hashes, in a transient table: too many for one statement's text. */
import type { Comparison } from '../../model.ts'
import { keyHashSql, keyHashText } from './checksum.ts'
import type { Warehouse } from './connect.ts'
import { DELETED_AT, dropTableSql, stageTable } from './ddl.ts'
import type { Gone } from './publish/publish.ts'
import { quoteSnowflake, quoteTarget } from './quote.ts'

/** Keys that one statement puts away; a statement's text may have a megabyte. */
const KEYS_AT_ONCE = 1000

/** `rows`: how many the target has of them. */
type GoneKeys = { comparison: Comparison; keys: string[][]; rows: number; how: Gone['how']; attempt: string }

const valuesSql = (keys: string[][]) => keys.map((key) => `(${keyHashText(key)})`).join(', ')

/**
 * Runs a publication with the keys put away for it, each a canonical text for every column of the key; the table is dropped
 * whatever happens. Where rows are to be marked, the target gets the column for it. Without keys nothing is made.
 */
export const withGoneKeys = async <T>(
  warehouse: Warehouse,
  { comparison, keys, rows, how, attempt }: GoneKeys,
  publish: (gone: Gone | null) => Promise<T>,
): Promise<T> => {
  if (keys.length === 0) return publish(null)
  const { target } = comparison.plan
  const table = stageTable(target, '', `${attempt}_GONE`)
  const name = quoteTarget(table)
  const mark = `ALTER TABLE ${quoteTarget(target)} ADD COLUMN IF NOT EXISTS ${quoteSnowflake(DELETED_AT.name)} ${DELETED_AT.type}`
  await warehouse.script([
    ...(how === 'soft' && !comparison.hasDeletedMark ? [mark] : []),
    `CREATE TRANSIENT TABLE ${name} (KEY_HASH VARCHAR) DATA_RETENTION_TIME_IN_DAYS = 0`,
  ])
  try {
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE)
      await warehouse.query(`INSERT INTO ${name} (KEY_HASH) VALUES ${valuesSql(keys.slice(at, at + KEYS_AT_ONCE))}`)
    return await publish({ keys: table, hashSql: keyHashSql(comparison.key), rows, how })
  } finally {
    await warehouse.query(dropTableSql(table)).catch(() => {})
  }
}
