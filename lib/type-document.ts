/** docs/types.md, told from the one table of types: it is written from this and never by hand. */
import { actingPolicies, columnType } from './columns/types.ts'
import type { Column, ColumnPolicies } from './model.ts'

/** Where the text belongs, from the root of the checkout. */
export const TYPE_DOCUMENT_FILE = 'docs/types.md'

type Row = { types: string[]; edges: string; policies?: ColumnPolicies }

const WHOLE = 'exact; the zeros of ZEROFILL are padding and do not move'

/** Declarations as COLUMN_TYPE spells them, those of one row told of together, and what becomes of values at the edge. */
export const TYPE_ROWS: Row[] = [
  { types: ['tinyint', 'tinyint unsigned'], edges: WHOLE },
  { types: ['smallint', 'smallint unsigned'], edges: WHOLE },
  { types: ['mediumint'], edges: WHOLE },
  { types: ['mediumint unsigned'], edges: WHOLE },
  { types: ['int'], edges: WHOLE },
  { types: ['int unsigned'], edges: WHOLE },
  { types: ['bigint'], edges: WHOLE },
  { types: ['bigint unsigned'], edges: `${WHOLE}; up to 18446744073709551615` },
  { types: ['tinyint(1)'], edges: 'a number from -128 to 127 (255 when unsigned); BOOL is another name of it' },
  {
    types: ['tinyint(1)'],
    policies: { tinyint1: 'boolean' },
    edges: 'with `"tinyint1": "boolean"`: 0 and 1; the table fails at anything else',
  },
  { types: ['year'], edges: '0000 is 0; YEAR(2) is refused, since it does not say its century' },
  { types: ['decimal(10,2)', 'decimal(38,10)'], edges: 'to the last digit, up to 38 digits' },
  {
    types: ['decimal(65,30)'],
    policies: { decimal_overflow: 'string' },
    edges:
      'more than 38 digits are refused before anything moves; with `"decimal_overflow": "string"` they are text, every digit of it',
  },
  {
    types: ['float', 'double'],
    edges:
      'the same bits: MySQL widens FLOAT, which it rounds when it prints it; −0 stays −0 where the server keeps it',
  },
  { types: ['bit(1)'], edges: 'by value: 0 is FALSE' },
  { types: ['bit(64)'], edges: 'BIT of 2 to 64 bits is an unsigned number' },
  { types: ['date'], edges: 'years 1 to 9999; zero, partly zero and impossible dates, and the year 0: `zero_date`' },
  {
    types: ['datetime(6)'],
    edges: 'wall clock, untouched by any zone, 0 to 6 digits of a second; zero dates as with DATE',
  },
  { types: ['timestamp(6)'], edges: 'the moment in UTC, without a zone; zero dates as with DATE' },
  { types: ['time(6)'], edges: 'text, since Snowflake’s TIME is neither negative nor longer than a day' },
  {
    types: ['char(20)', 'varchar(255)', 'tinytext', 'text', 'mediumtext'],
    edges:
      'any character set becomes UTF-8 in the server; NUL, line breaks, quotes and spaces stay; NULL, an empty text and `NULL` are three things',
  },
  { types: ['longtext'], edges: 'as TEXT; more than 134,217,728 bytes: `oversize`' },
  { types: ["enum('a','b')"], edges: 'the label; the empty one that stands for an invalid value stays empty' },
  { types: ["set('a','b')"], edges: 'labels with commas between, in the order of the declaration' },
  {
    types: ['json'],
    edges:
      'staged as text, parsed when it is published, so that numbers keep their digits; MariaDB’s (LONGTEXT with a `json_valid` check) as well; longer than 134,217,728 bytes: the table fails',
  },
  { types: ['binary(16)', 'varbinary(255)', 'tinyblob', 'blob', 'mediumblob'], edges: 'byte for byte' },
  { types: ['longblob'], edges: 'byte for byte; more than 67,108,864: `oversize`' },
  {
    types: [
      ...['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon'],
      ...['geometrycollection', 'geomcollection'],
    ],
    edges:
      'WKB, or EWKB where there is an SRID (`TO_GEOMETRY` reads both); x before y as stored, so longitude first; longer than 67,108,864 bytes: the table fails',
  },
  { types: ['uuid', 'inet4', 'inet6'], edges: 'MariaDB’s; as it prints them' },
]

const MASKED: Row[] = [
  {
    types: ['varchar(255)'],
    policies: { mask: 'sha256' },
    edges: '`"mask": "sha256"` on a column of any type: 64 hexadecimal digits, NULL for NULL, equal for equal values',
  },
  { types: ['int'], policies: { mask: 'null' }, edges: '`"mask": "null"`: the type itself, and every value NULL' },
]

const unique = (words: string[]) => [...new Set(words)]
const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ')

const line = ({ types, edges, policies }: Row): string => {
  const columns = types.map((type): Column => ({ name: 'c', type, nullable: true, ...(policies ? { policies } : {}) }))
  const found = columns.map(columnType)
  const acting = unique(columns.flatMap((column) => [...actingPolicies(column)]))
  const cells = [
    code(types),
    unique(found.map(({ parquet }) => parquet)).join(', '),
    unique(
      found.map(({ snowflake, staged }) => (staged === snowflake ? snowflake : `${snowflake}, staged as ${staged}`)),
    ).join(', '),
    edges,
    code(acting),
  ]
  return `| ${cells.join(' | ')} |`
}

const HEAD = `| MySQL, MariaDB | Parquet | Snowflake | values at the edge | policies |
|---|---|---|---|---|`

/** The text of docs/types.md. */
export const typeDocument = (): string => `# Types

> Written from \`lib/columns/types.ts\` by \`npm run types:doc\`: change it there.

Planning, reading, staging and DDL all read the same table. A column is what MySQL's catalogue says it is, generated and invisible
ones like any other. In Parquet every column is optional; a logical type is named where there is one, else the physical type.
\`TIMESTAMP(micros, local)\` has \`isAdjustedToUTC\` false. In Snowflake VARCHAR(n) counts characters, as MySQL does.

${HEAD}
${TYPE_ROWS.map(line).join('\n')}

Any other type (VECTOR, a server's newer ones) is refused by name before anything moves: leave the column out (\`exclude\`), or name
a view that casts it.

## Masked

${HEAD}
${MASKED.map(line).join('\n')}

A hash is sha256 over the salt and the value: its text in UTF-8 (numbers and moments as MySQL prints them, without ZEROFILL; FLOAT as
DOUBLE; BIT as a number; TIMESTAMP in UTC), or its bytes. MySQL works it out, so the value itself never leaves the server, not even
with a row that goes into quarantine. An index over a masked column is not used to cut a table into chunks, since bounds are values.

What each policy does, and where it is declared: [metadata.md](metadata.md).
`
