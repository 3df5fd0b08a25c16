/** What is measured, and what must hold of it. Data only: lines.ts judges, competitors.ts knows the commands. */
import { TABLE_NAMES } from '../local/olist/tables.ts'
import { growthTable, type MadeTable, textTable, wideTable } from './tables.ts'

export type CompetitorName =
  | 'firn'
  | 'firn-s3'
  | 'wire'
  | 'connectorx'
  | 'dlt-connectorx'
  | 'dlt-pyarrow'
  | 'duckdb'
  | 'sling'

/** One thing that is run and measured; `rows` is what a time per row is reckoned by. */
export type Entry = { id: string; competitor: CompetitorName; tables: string[]; rows: number }

/**
 * `faster`: `than`'s median seconds are at least `times` those of `of`. `within`: `of`'s are at most `times` those of `than`.
 * `at most`: `of`'s largest median memory, MB of 1024². `flat`: no entry's figure
 * is above 1 + `within` times that of any entry before it, which has fewer rows; one that falls is no growth. Time per row
 * is that of the work, without the start of the process. `exact`: rows and sums are the server's own.
 */
export type Line = { text: string } & (
  | { kind: 'faster'; of: string; than: string; times: number }
  | { kind: 'within'; of: string; than: string; times: number }
  | { kind: 'at most'; of: string; maxRssMb: number }
  | { kind: 'flat'; of: string[]; metric: 'secondsPerRow' | 'maxRssMb'; within: number }
  | { kind: 'exact'; of: string[] }
)

export type Case = { name: string; title: string; olist: boolean; made: MadeTable[]; entries: Entry[]; lines: Line[] }

export const LABELS: Record<CompetitorName, string> = {
  firn: 'firn',
  'firn-s3': 'firn, to S3',
  wire: '`mariadb --quick` to nowhere: the wire',
  connectorx: 'ConnectorX → pyarrow',
  'dlt-connectorx': 'dlt, connectorx backend',
  'dlt-pyarrow': 'dlt, pyarrow backend',
  duckdb: 'DuckDB mysql_scanner',
  sling: 'Sling',
}

const entry = (competitor: CompetitorName, tables: string[], rows: number): Entry => ({
  id: competitor,
  competitor,
  tables,
  rows,
})

const OLIST_ROWS = 1_550_922
const GEOLOCATION_ROWS = 1_000_163

const geolocation = (scale: number): Case => ({
  name: 'geolocation',
  title: 'geolocation: 1.0 M × 5 with two DECIMAL(17,14), one process, one Parquet file',
  olist: true,
  made: [],
  entries: (['firn', 'wire', 'connectorx', 'dlt-connectorx', 'duckdb', 'dlt-pyarrow', 'sling'] as const).map((name) =>
    entry(name, ['geolocation'], GEOLOCATION_ROWS * scale),
  ),
  lines: [
    { text: 'exact', kind: 'exact', of: ['firn'] },
    { text: 'not slower than ConnectorX', kind: 'faster', of: 'firn', than: 'connectorx', times: 1 },
    { text: '≥ 1.5 × dlt/connectorx', kind: 'faster', of: 'firn', than: 'dlt-connectorx', times: 1.5 },
    { text: '≥ 2 × DuckDB’s scanner', kind: 'faster', of: 'firn', than: 'duckdb', times: 2 },
    { text: '≥ 5 × dlt/pyarrow', kind: 'faster', of: 'firn', than: 'dlt-pyarrow', times: 5 },
    { text: '≥ 6 × Sling', kind: 'faster', of: 'firn', than: 'sling', times: 6 },
    { text: 'RSS ≤ 256 MB', kind: 'at most', of: 'firn', maxRssMb: 256 },
    { text: '≤ 2 × the wire’s time', kind: 'within', of: 'firn', than: 'wire', times: 2 },
  ],
})

const olist = (scale: number): Case => ({
  name: 'olist',
  title: 'all nine tables, 1.55 M rows: firn to S3 by its Extract function, two at a time; the peers to local files',
  olist: true,
  made: [],
  entries: (['firn-s3', 'dlt-connectorx', 'connectorx'] as const).map((name) =>
    entry(name, [...TABLE_NAMES], OLIST_ROWS * scale),
  ),
  lines: [
    { text: 'exact', kind: 'exact', of: ['firn-s3'] },
    { text: '≤ 1.0 × dlt/connectorx to files', kind: 'within', of: 'firn-s3', than: 'dlt-connectorx', times: 1 },
  ],
})

const wide = (scale: number): Case => ({
  name: 'wide',
  title: 'wide: 1 M × 40 mixed columns',
  olist: false,
  made: [wideTable(1e6 * scale)],
  entries: (['firn', 'wire', 'connectorx', 'dlt-connectorx', 'duckdb', 'dlt-pyarrow'] as const).map((name) =>
    entry(name, ['wide'], 1e6 * scale),
  ),
  lines: [
    { text: 'exact', kind: 'exact', of: ['firn'] },
    { text: 'faster than ConnectorX, or within 10 %', kind: 'within', of: 'firn', than: 'connectorx', times: 1.1 },
    { text: '≥ 3 × dlt/pyarrow', kind: 'faster', of: 'firn', than: 'dlt-pyarrow', times: 3 },
  ],
})

const text = (scale: number): Case => ({
  name: 'text',
  title: 'text-heavy: 500 k rows of 2 KB',
  olist: false,
  made: [textTable(5e5 * scale)],
  entries: (['firn', 'wire', 'connectorx', 'duckdb'] as const).map((name) => entry(name, ['texts'], 5e5 * scale)),
  lines: [
    { text: 'exact', kind: 'exact', of: ['firn'] },
    { text: 'within 1.5 × of the wire', kind: 'within', of: 'firn', than: 'wire', times: 1.5 },
  ],
})

const SIZES = [1, 2, 4, 8]

const growth = (scale: number): Case => {
  const of = (competitor: CompetitorName, millions: number): Entry => ({
    id: `${competitor}-${millions}m`,
    competitor,
    tables: [`growth_${millions}m`],
    rows: millions * 1e6 * scale,
  })
  const ours = SIZES.map((millions) => of('firn', millions))
  const ids = ours.map(({ id }) => id)
  return {
    name: 'growth',
    title: 'growth: 1, 2, 4, 8 M narrow rows with a key, one process, one Parquet file',
    olist: false,
    made: SIZES.map((millions) => growthTable(`growth_${millions}m`, millions * 1e6 * scale)),
    entries: [...ours, ...[1, 8].flatMap((millions) => [of('wire', millions), of('connectorx', millions)])],
    lines: [
      { text: 'exact', kind: 'exact', of: ids },
      { text: 'time per row flat within 10 %', kind: 'flat', of: ids, metric: 'secondsPerRow', within: 0.1 },
      { text: 'RSS flat, within 15 %', kind: 'flat', of: ids, metric: 'maxRssMb', within: 0.15 },
    ],
  }
}

/** All cases at a scale of their rows, 1 being the size that counts. */
export const casesAt = (scale: number): Case[] => [geolocation, olist, wide, text, growth].map((make) => make(scale))
