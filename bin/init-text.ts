/** What `firn init` proposes, as people read it. */
import type { Proposal } from '../lib/plan/propose/tables.ts'
import { bold, count, dim, table } from './terminal.ts'

type Proposed = { folder: string; database: string; files: string[]; replaced: string[]; tables: Proposal[] }

const line = ({ table: name, entry, key, rows }: Proposal): string[] => [
  name,
  entry?.load_strategy ?? 'left out',
  entry?.incremental_column ?? '',
  key.join(', '),
  count(rows),
]

/** A table's reason, and below it what needs a person's decision. */
const reasons = ({ table: name, reason, advice }: Proposal): string =>
  [`${bold(name)}: ${reason}`, ...advice.map((sentence) => `  ! ${sentence}`)].join('\n')

/** The whole answer. */
export const proposalsText = ({ folder, database, files, replaced, tables }: Proposed): string =>
  [
    table(['table', 'load', 'cursor', 'key', '>about rows'], tables.map(line)),
    '',
    ...tables.map(reasons),
    '',
    `${folder}: ${files.length} files for ${database}${replaced.length ? `; overwritten or taken away: ${replaced.join(', ')}` : ''}`,
    dim('The job "daily" moves every table, by hand and without dbt: jobs.json takes a "schedule". Then:'),
    dim(`  export FIRN_METADATA=${folder}; npm run -s firn -- deploy; npm run -s firn -- plan; npm run -s firn -- run`),
  ].join('\n')
