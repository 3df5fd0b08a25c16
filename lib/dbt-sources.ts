/** What dbt reads, told from metadata/: dbt/models/staging/_sources.yml is written from it and never by hand. */
import { stringify } from 'yaml'
import type { Metadata, TableMetadata, TableSchema } from './model.ts'
import { dbtName, foldName } from './warehouses/snowflake/quote.ts'
import { isReserved } from './warehouses/snowflake/reserved.ts'

/** Where the text belongs, from the root of the checkout. */
export const DBT_SOURCES_FILE = 'dbt/models/staging/_sources.yml'

const HEADER = `# Written from metadata/ by \`npm run sources\`: change it there.
`

/** Columns that every loaded table carries beside the source's own. */
const AUDIT_COLUMNS = [
  { name: '_firn_run_id', description: 'The run that loaded the row.' },
  { name: '_firn_loaded_at', description: 'When that run published it, UTC.' },
  { name: '_firn_deleted_at', description: 'When the row was found gone from MySQL, UTC; null for one that is there.' },
]

/** Hours in which every table is read at least once, by a nightly run or after a rest; and how long it may take to mend one. */
const NIGHTLY = 24
const TO_MEND = 12

const staleAfterHours = ({ refresh_hours = 0 }: TableMetadata): number =>
  Math.max(NIGHTLY, Math.ceil(refresh_hours)) + TO_MEND

/**
 * How old a table is, by the ledger: every run that reads it writes a row there. The rows' own stamps tell less, since they
 * stay as they are while nothing changes at the source, which is no fault.
 */
const loadedAtQuery = ({ table }: TableMetadata): string => {
  const suffix = "{{ var('schema_suffix', '') }}"
  return `select max(published_at) from {{ var('raw_database', target.database) }}._FIRN${suffix}.LOADS where target = '{{ var('raw_schema', 'RAW') }}${suffix}.${foldName(table)}' and kind in ('full', 'window')`
}

const columns = (schema: TableSchema | undefined) =>
  Object.entries(schema?.properties ?? {}).map(([name, { description }]) => ({
    ...(isReserved(name) ? { name: foldName(name), quote: true } : { name: dbtName(name) }),
    ...(typeof description === 'string' ? { description } : {}),
  }))

/** A name that Snowflake would read otherwise is said, and quoted. */
const identifier = (name: string) =>
  dbtName(name) === name && !isReserved(name) ? {} : { identifier: foldName(name), quoting: { identifier: true } }

const table = (each: TableMetadata, schema: TableSchema | undefined) => ({
  name: dbtName(each.table),
  ...identifier(each.table),
  description: each.description,
  config: {
    freshness: { warn_after: { count: staleAfterHours(each), period: 'hour' } },
    loaded_at_query: loadedAtQuery(each),
  },
  columns: [...columns(schema), ...AUDIT_COLUMNS],
})

/**
 * The text of dbt's sources file: one source, `raw`, with every table of metadata/table_metadata.json and the columns
 * of its schema, where it has one. Database and schema are left to dbt's variables `raw_database`, `raw_schema` and
 * `schema_suffix`, so that the same project reads RAW and RAW_TEST.
 */
export const dbtSourcesYaml = (metadata: Metadata): string =>
  HEADER +
  stringify(
    {
      sources: [
        {
          name: 'raw',
          description: 'Tables as firn loads them from MySQL, one to one.',
          database: "{{ var('raw_database', target.database) }}",
          schema: "{{ var('raw_schema', 'RAW') ~ var('schema_suffix', '') }}",
          loader: 'firn',
          tables: metadata.tables.map((each) => table(each, metadata.schemas[each.table])),
        },
      ],
    },
    { lineWidth: 120, aliasDuplicateObjects: false },
  )
