/** Tables read by a cursor, and what happens to each before the first run of a story, the second and the third. */
import type { TableMetadata } from '../../lib/model.ts'

export type Step = 'first' | 'second' | 'third'
type Made = { name: string; ddl: string; meta: Partial<Omit<TableMetadata, 'table'>> }

const at = { load_strategy: 'incremental', incremental_column: 'at' } as const
const moments = (type: string) => `id INT, note TEXT, at ${type}, PRIMARY KEY (id), KEY (at)`
const made = (name: string, ddl: string, meta: Made['meta'] = {}): Made => ({ name, ddl, meta: { ...at, ...meta } })

export const TABLES: Made[] = [
  made('late', moments('TIMESTAMP(6) NOT NULL'), { overlap: 300 }),
  made('ahead', moments('DATETIME NOT NULL')),
  made('same_moment', moments('DATETIME NOT NULL')),
  made('whole_seconds', moments('DATETIME NOT NULL')),
  made('thousandths', moments('TIMESTAMP(3) NOT NULL')),
  made('millionths', moments('DATETIME(6) NOT NULL')),
  made('paged', moments('TIMESTAMP(6) NOT NULL'), { chunk_rows: 10 }),
  made('included', moments('DATETIME(3) NULL'), { null_cursor: 'include' }),
  made('excluded', moments('DATETIME(3) NULL'), { null_cursor: 'exclude' }),
  made('refused', moments('DATETIME(3) NULL'), { null_cursor: 'error' }),
  made('either', 'id INT, note TEXT, made DATETIME NULL, changed DATETIME(6) NULL, PRIMARY KEY (id)', {
    ...{ incremental_column: ['changed', 'made'], null_cursor: 'include' },
  }),
  made('emptied', moments('DATETIME NOT NULL')),
  made('numbers', 'id BIGINT UNSIGNED, note TEXT, PRIMARY KEY (id)', { incremental_column: 'id', overlap: 2 }),
  made('versions', 'id INT, note TEXT, version DECIMAL(30,3) NOT NULL, PRIMARY KEY (id)', {
    ...{ incremental_column: 'version', overlap: 0.5 },
  }),
  made('days', 'id INT, note TEXT, day DATE NOT NULL, PRIMARY KEY (id)', {
    ...{ incremental_column: 'day', overlap: 86_400 },
  }),
  made('events', 'note TEXT, at DATETIME(3) NOT NULL, KEY (at)', { load_strategy: 'append', overlap: 60 }),
]

const ago = (seconds: number) => `UTC_TIMESTAMP(6) - INTERVAL ${seconds} SECOND`
const put = (table: string, ...rows: string[]) =>
  `INSERT INTO ${table} VALUES ${rows.map((row) => `(${row})`).join(', ')}`
const numbered = (table: string, rows: number, rest: string) =>
  `INSERT INTO ${table} WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i, ${rest} FROM n`

const fractions = (table: string, fraction: string): Record<Step, string[]> => ({
  first: [put(table, "1, 'one', '2018-01-01 00:00:00'", `2, 'two', '2018-01-01 00:00:01${fraction}'`)],
  second: [put(table, `3, 'of the same moment', '2018-01-01 00:00:01${fraction}'`)],
  third: [put(table, "4, 'after', '2018-01-01 00:00:02'")],
})

/** Rows 2 of `late`, in a transaction that stays open during the second run, and what changes `paged` during it, are the test's own. */
export const STEPS: Record<string, Record<Step, string[]>> = {
  late: {
    first: [put('late', `1, 'one', ${ago(1000)}`)],
    second: [put('late', `3, 'young', ${ago(90)}`, `4, 'newer', ${ago(200)}`)],
    third: [
      put('late', `5, 'late', ${ago(350)}`, `6, 'too late', ${ago(3600)}`),
      "UPDATE late SET note = 'older', at = at - INTERVAL 50 SECOND WHERE id = 4",
    ],
  },
  ahead: {
    first: [put('ahead', "1, 'one', '2018-01-01'")],
    second: [put('ahead', "2, 'wrong', '2999-01-01'", "3, 'three', '2018-01-02'")],
    third: [put('ahead', `4, 'four', UTC_TIMESTAMP() - INTERVAL 1 SECOND`)],
  },
  same_moment: {
    first: [numbered('same_moment', 400, "'x', '2018-01-01'")],
    second: [put('same_moment', "401, 'one more', '2018-01-01'")],
    third: [],
  },
  whole_seconds: fractions('whole_seconds', ''),
  thousandths: fractions('thousandths', '.123'),
  millionths: fractions('millionths', '.123456'),
  paged: {
    first: [numbered('paged', 300, "'first', '2018-01-01'")],
    second: [
      `UPDATE paged SET note = 'second', at = ${ago(600)} - INTERVAL id SECOND WHERE id <= 60`,
      'ANALYZE TABLE paged',
    ],
    third: [],
  },
  included: {
    first: [put('included', "1, 'one', NULL", "2, 'two', '2018-01-01'")],
    second: [put('included', "3, 'three', NULL"), "UPDATE included SET note = 'changed' WHERE id = 1"],
    third: ["UPDATE included SET note = 'changed again' WHERE id = 1"],
  },
  excluded: {
    first: [put('excluded', "1, 'one', NULL", "2, 'two', '2018-01-01'", "3, 'three', NULL")],
    second: ["UPDATE excluded SET at = '2018-01-02' WHERE id = 1"],
    third: [],
  },
  refused: {
    first: [put('refused', "1, 'one', '2018-01-01'")],
    second: [put('refused', "2, 'two', NULL", "3, 'three', NULL")],
    third: ["UPDATE refused SET at = '2018-01-02' WHERE at IS NULL"],
  },
  either: {
    first: [put('either', "1, 'one', '2018-01-01', NULL", "2, 'two', '2018-01-02', NULL", "3, 'three', NULL, NULL")],
    second: [
      put('either', "4, 'four', '2018-01-03', NULL"),
      "UPDATE either SET note = 'changed', changed = '2018-01-03 00:00:00.5' WHERE id = 1",
      'DELETE FROM either WHERE id = 2',
    ],
    third: [put('either', "2, 'two', '2018-01-02', NULL")],
  },
  emptied: {
    first: [put('emptied', "1, 'one', '2018-01-01'", "2, 'two', '2018-01-02'")],
    second: ['DELETE FROM emptied'],
    third: [put('emptied', "3, 'three', '2018-01-03'")],
  },
  numbers: {
    first: [put('numbers', "18446744073709551610, 'a'", "18446744073709551613, 'b'")],
    second: [put('numbers', "18446744073709551611, 'late'", "18446744073709551615, 'last'")],
    third: [put('numbers', "18446744073709551614, 'late'")],
  },
  versions: {
    first: [put('versions', "1, 'one', 999999999999999999999999999.000", "2, 'two', 999999999999999999999999999.500")],
    second: [
      put('versions', "3, 'last', 999999999999999999999999999.999", "4, 'late', 999999999999999999999999999.001"),
    ],
    third: [put('versions', "5, 'late', 999999999999999999999999999.499")],
  },
  days: {
    first: [put('days', "1, 'one', '2018-01-01'", "2, 'two', '2018-01-02'")],
    second: [put('days', "3, 'of the same day', '2018-01-02'", "4, 'late', '2018-01-01'")],
    third: [put('days', "5, 'late', '2018-01-01'")],
  },
  events: {
    first: [
      put(
        'events',
        "'old', '2018-01-01 00:00:00'",
        "'a', '2018-01-01 00:10:00.5'",
        "'a', '2018-01-01 00:10:00.5'",
        "'b', '2018-01-01 00:10:00.5'",
      ),
    ],
    second: [
      put('events', "'b', '2018-01-01 00:10:00.5'", "'late', '2018-01-01 00:09:30'", "'new', '2018-01-01 00:10:20'"),
    ],
    third: [
      "DELETE FROM events WHERE note = 'late' OR note = 'new'",
      put('events', "'newer', '2018-01-01 00:10:50'", "'newest', '2018-01-01 00:10:50'"),
    ],
  },
}
