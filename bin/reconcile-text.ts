/** What reconciling found, as people read it. Keys are cell values: shown only when asked for. */
import type { Compared, Difference } from '../lib/reconcile/compare.ts'
import type { Reconciled } from '../lib/reconcile/reconcile.ts'
import { bold, count, dim, green, red, table } from './terminal.ts'

/** Keys that are shown of each kind of difference. */
const SHOWN_KEYS = 20

const plural = (number: number, one: string) => `${count(number)} ${one}${number === 1 ? '' : 's'}`

/** How a table stands, in a word or two. */
const stateOf = ({ compared, differs }: Reconciled): string => {
  if (!compared) return red('refused')
  if (differs) return red('differs')
  return green(compared.extra > 0 ? 'equal but for deleted rows' : 'equal')
}

const overview = (found: Reconciled[]): string =>
  table(
    ['table', '>in MySQL', '>in Snowflake', '>missing', '>extra', '>different', '>repeated', 'result'],
    found.map((each) => {
      const { compared } = each
      const counts = compared
        ? [
            compared.rows.mysql,
            compared.rows.warehouse,
            ...(['missing', 'extra', 'different', 'repeated'] as const).map((kind) => compared[kind]),
          ].map(count)
        : ['', '', '', '', '', '']
      return [each.table, ...counts, stateOf(each)]
    }),
  )

const WORDS: Record<Difference['verdict'], string> = {
  missing: 'only in MySQL',
  extra: 'only in Snowflake',
  different: 'different',
  repeated: 'more than once in Snowflake',
}

const keysText = ({ differences }: Compared): string[] =>
  [...Map.groupBy(differences, ({ verdict }) => verdict)].flatMap(([verdict, rows]) => [
    `  ${WORDS[verdict]}:`,
    ...rows.slice(0, SHOWN_KEYS).map(({ values }) => `    ${values.map((value) => value ?? 'NULL').join(', ')}`),
    ...(rows.length > SHOWN_KEYS ? [dim(`    and ${count(rows.length - SHOWN_KEYS)} more`)] : []),
  ])

const reach = ({ upTo, loadedAt }: Compared): string =>
  upTo !== null
    ? `rows up to the cursor ${upTo}, the end of the last window`
    : `all rows, with a copy of ${loadedAt ?? 'no row'}${loadedAt === null ? '' : ' (UTC)'}: what changed in MySQL since differs as well`

const notes = (compared: Compared): string[] => [
  ...(compared.newer > 0 ? [`${plural(compared.newer, 'row')} changed in MySQL since, and not counted`] : []),
  ...(compared.keepsDeleted && compared.extra > 0
    ? [
        `${plural(compared.extra, 'row')} only in Snowflake: deleted in MySQL, or their key was changed; "deletes": "ignore" keeps them`,
      ]
    : []),
  ...(compared.isKeyed ? [] : ['no key tells its rows apart, so differences are counts of rows']),
  ...(compared.isWhole
    ? []
    : [
        'there are more differences than are worth looking for one by one: load it anew, npm run -s firn -- run --full-refresh',
      ]),
]

const section = ({ table: name, compared, refused, repaired }: Reconciled, showKeys: boolean): string => {
  if (!compared) return [`${bold(name)}`, `  ${refused}`].join('\n')
  return [
    bold(`${name} → ${compared.target}`),
    `  ${reach(compared)}`,
    ...notes(compared).map((note) => `  ! ${note}`),
    ...compared.columns.map(({ column, rows }) => `  ${column} differs in ${plural(rows, 'row')}`),
    ...compared.notCompared.map(({ column, why }) => `  ${column} is not compared: ${why}`),
    ...(showKeys ? keysText(compared) : []),
    ...(refused === null ? [] : [`  ${red('not repaired')}: ${refused}`]),
    ...(repaired
      ? [
          `  repaired by run ${repaired.runId}: ${plural(repaired.rows, 'row')} read from MySQL, ${count(repaired.inserted)} inserted, ${count(repaired.updated)} updated, ${count(repaired.removed)} removed`,
        ]
      : []),
  ].join('\n')
}

/** The table of tables, then a section for each of which there is more to say. */
export const reconcileText = (found: Reconciled[], showKeys: boolean): string =>
  [overview(found), ...found.map((each) => `\n${section(each, showKeys)}`)].join('\n')
