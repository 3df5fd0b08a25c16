/** Whatever a table looks like, what is proposed for it is what plan takes. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { readMetadata } from '../../../../lib/metadata.ts'
import { canBeFile, metadataFiles, writeMetadata } from '../../../../lib/metadata-files.ts'
import { checkTable } from '../../../../lib/plan/check-table.ts'
import { plannedTable } from '../../../../lib/plan/policies.ts'
import { propose } from '../../../../lib/plan/propose/tables.ts'
import type { Surveyed } from '../../../../lib/sources/mysql/survey.ts'
import { createTargetSql, stageTableSql } from '../../../../lib/warehouses/snowflake/ddl.ts'
import { foldName } from '../../../../lib/warehouses/snowflake/quote.ts'
import { surveyed } from './surveyed.ts'

const parent = mkdtempSync(join(tmpdir(), 'propose-'))
after(() => rmSync(parent, { recursive: true }))

const TYPES = [
  ...[
    'int(11)',
    'bigint unsigned',
    'tinyint(1)',
    'bit(9)',
    'float',
    'double',
    'decimal(10,2)',
    'decimal(65,30)',
    'year',
  ],
  ...['date', 'datetime(6)', 'timestamp', 'time', 'json', 'varchar(20)', 'longtext', 'longblob', 'binary(16)'],
  ...['enum("a")', 'set("a")', 'point', 'vector(3)', 'inet6', 'uuid', 'something_new'],
]
/** MySQL allows nearly everything in a name, up to 64 characters. */
const name = fc.oneof(
  fc.constantFrom(
    'id',
    'ID',
    'updated_at',
    'created_at',
    'order',
    'a b',
    'a_b',
    '_firn_run_id',
    'email',
    '__proto__',
    '$schema',
    'é',
    'constructor',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\0')),
)

const table: fc.Arbitrary<Surveyed> = fc
  .record({
    table: name,
    names: fc.uniqueArray(name, { minLength: 1, maxLength: 6, selector: (text) => text.toLowerCase() }),
    types: fc.array(fc.constantFrom(...TYPES), { minLength: 6, maxLength: 6 }),
    nullable: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    kept: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    keyed: fc.boolean(),
    picks: fc.array(fc.record({ at: fc.nat(5), width: fc.integer({ min: 1, max: 2 }), unique: fc.boolean() }), {
      maxLength: 3,
    }),
    rows: fc.nat(3),
  })
  .map(({ table, names, types, nullable, kept, keyed, picks, rows }) => {
    const spans = picks.map(({ at, width, unique }, i) => ({
      name: `i${i}`,
      unique,
      columns: names.slice(at % names.length).slice(0, width),
    }))
    const key = keyed ? (spans[0]?.columns ?? [names[0]!]) : []
    const columns = names.map((name, i) => ({ name, type: types[i]!, nullable: nullable[i]! && !key.includes(name) }))
    const columnFacts = Object.fromEntries(names.map((name, i) => [name, { onUpdate: kept[i]! }]))
    return surveyed(table, { columns, key, indexes: spans, rows, columnFacts })
  })

test('metadata that is proposed is read back, refused by nobody, and makes tables', () => {
  let moved = 0
  fc.assert(
    fc.property(
      fc.uniqueArray(table, { minLength: 1, maxLength: 4, selector: ({ source }) => source.table }),
      (tables) => {
        const proposals = propose({ database: 'x', zeroDatesAllowed: true, tables })
        for (const { reason } of proposals) assert.ok(reason)
        const moving = proposals.flatMap(({ table, entry, schema }) => (entry ? [{ table, entry, schema }] : []))
        if (moving.length === 0) return
        moved++
        const folder = join(parent, String(moved))
        writeMetadata(folder, metadataFiles('x', moving), { force: false, check: readMetadata })
        const metadata = readMetadata(folder)
        rmSync(folder, { recursive: true })
        assert.equal(new Set(metadata.tables.map(({ table }) => foldName(table))).size, moving.length)
        for (const meta of metadata.tables) {
          const { source } = tables.find((each) => each.source.table === meta.table)!
          assert.equal(meta.table in metadata.schemas, canBeFile(meta.table), meta.table)
          const { problems, drift } = checkTable(meta, source, metadata.schemas[meta.table])
          assert.deepEqual([problems, drift], [[], []])
          const { columns } = plannedTable(meta, source)
          const target = { database: 'D', schema: 'S', table: foldName(meta.table) }
          assert.ok(createTargetSql(target, columns) && stageTableSql(target, columns))
        }
      },
    ),
    { numRuns: 150 },
  )
  assert.ok(moved > 50, 'most tables do move')
})
