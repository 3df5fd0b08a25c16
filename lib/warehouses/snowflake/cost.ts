/** What our statements cost, by the account's own history: found by the QUERY_TAG that each of them carries. */
import type { SnowflakeSettings } from '../../settings.ts'
import type { Row, Warehouse } from './connect.ts'
import { TAG_BEGIN } from './query-tag.ts'
import { quoteText } from './quote.ts'
import { isMissing, isNotGranted } from './translate.ts'

/** `run`: of one run only. */
type CostQuestion = { days: number; run?: string }

/** Statements of one job, run, and table (or stage, or command). `credits`: null where none have been attributed, yet or ever. */
type CostLine = {
  job: string | null
  run: string | null
  what: string
  statements: number
  /** That Snowflake took for them, waiting included; those side by side each count. */
  seconds: number
  credits: number | null
}

/** `notes`: what the account does not show this role, and what would. */
export type Costs = { lines: CostLine[]; notes: string[] }

/** As many as the table function gives at most ("QUERY_HISTORY, QUERY_HISTORY_BY_*": RESULT_LIMIT), and as far back. */
const MOST_ROWS = 10_000
const FUNCTION_DAYS = 7

const since = (days: number) => `DATEADD('day', ${-days}, CURRENT_TIMESTAMP())`
const isOurs = (column: string, run: string | undefined) =>
  [
    `STARTSWITH(${column}, ${quoteText(TAG_BEGIN)})`,
    ...(run ? [`CONTAINS(${column}, ${quoteText(JSON.stringify(run))})`] : []),
  ].join(' AND ')

/** Credits by tag. What dbt runs inside a statement of ours, if it has no tag of its own, is found by its root. */
const attributionSql = ({ days, run }: CostQuestion): string =>
  `SELECT TAG, SUM(CREDITS) AS CREDITS
FROM (
  SELECT IFF(STARTSWITH(Q.QUERY_TAG, ${quoteText(TAG_BEGIN)}), Q.QUERY_TAG, R.QUERY_TAG) AS TAG,
    Q.CREDITS_ATTRIBUTED_COMPUTE + COALESCE(Q.CREDITS_USED_QUERY_ACCELERATION, 0) AS CREDITS
  FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_ATTRIBUTION_HISTORY AS Q
  LEFT JOIN SNOWFLAKE.ACCOUNT_USAGE.QUERY_ATTRIBUTION_HISTORY AS R ON R.QUERY_ID = Q.ROOT_QUERY_ID
  WHERE Q.START_TIME >= ${since(days)}
)
WHERE ${isOurs('TAG', run)}
GROUP BY TAG`

/** A request of several statements is in the history as well as each of them, and lasts as long as they do together. */
const elapsedSql = (from: string, { days, run }: CostQuestion, more = '') =>
  `SELECT QUERY_TAG AS TAG, COUNT(*) AS STATEMENTS, SUM(TOTAL_ELAPSED_TIME) AS MILLISECONDS${more}
FROM ${from}
WHERE START_TIME >= ${since(days)} AND QUERY_TYPE <> 'MULTI_STATEMENT' AND ${isOurs('QUERY_TAG', run)}
GROUP BY QUERY_TAG`

/** Statements and their time by tag, of every user of the account. */
const historySql = (asked: CostQuestion): string => elapsedSql('SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY', asked)

/**
 * The same of this user alone, up to now, without a grant; the newest 10,000 statements of at most seven days, of which ours are
 * then taken. SEEN: how many there were, of whatever tag.
 */
const ownHistorySql = (database: string, asked: CostQuestion): string => {
  const from = `TABLE(${database}.INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(END_TIME_RANGE_START => ${since(Math.min(asked.days, FUNCTION_DAYS))}, RESULT_LIMIT => ${MOST_ROWS}))`
  return elapsedSql(
    `(SELECT QUERY_TAG, QUERY_TYPE, START_TIME, TOTAL_ELAPSED_TIME, COUNT(*) OVER () AS SEEN FROM ${from})`,
    asked,
    ', MAX(SEEN) AS SEEN',
  )
}

/** Rows of a view, or null where this role does not see it. */
const seen = async (warehouse: Warehouse, sql: string): Promise<Row[] | null> => {
  try {
    return await warehouse.query(sql)
  } catch (error) {
    if (isMissing(error) || isNotGranted(error)) return null
    throw error
  }
}

type Grantee = Pick<SnowflakeSettings, 'role' | 'user'>

const grant = (role: 'USAGE_VIEWER' | 'GOVERNANCE_VIEWER', { role: to, user }: Grantee) =>
  `GRANT DATABASE ROLE SNOWFLAKE.${role} TO ROLE ${to ?? `<the role of ${user}>`} (as ACCOUNTADMIN)`

type Elapsed = { rows: Row[]; notes: string[] }

/** Of each tag what the history has that knows more of it: one may be cut off, the other late. */
const fuller = (some: Row[], others: Row[]): Row[] => {
  const rows = new Map(some.map((row) => [row.TAG, row]))
  for (const row of others)
    if (Number(row.STATEMENTS) > Number(rows.get(row.TAG)?.STATEMENTS ?? 0)) rows.set(row.TAG, row)
  return [...rows.values()]
}

/** The user's own history is up to the minute; what it does not hold is looked for in the account's, which is up to 45 minutes late. */
const elapsed = async (warehouse: Warehouse, asked: CostQuestion, grantee: Grantee): Promise<Elapsed> => {
  const own = (await seen(warehouse, ownHistorySql(warehouse.database, asked))) ?? []
  const isCut = own.some(({ SEEN }) => Number(SEEN) >= MOST_ROWS)
  if (own.length > 0 && !isCut && asked.days <= FUNCTION_DAYS) return { rows: own, notes: [] }
  const all = await seen(warehouse, historySql(asked))
  if (all) return { rows: fuller(own, all), notes: ['Statements of the last 45 minutes may be missing.'] }
  const partly = `Only what ${grantee.user} itself ran in the last ${FUNCTION_DAYS} days, and of that what is among its newest 10,000 statements, is counted: SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY is not granted.`
  return { rows: own, notes: [`${partly} To see the rest: ${grant('GOVERNANCE_VIEWER', grantee)}`] }
}

type Names = { job?: string; run?: string; table?: string; stage?: string; command?: string }

const namesIn = (tag: unknown): Names => {
  try {
    return JSON.parse(String(tag)) as Names
  } catch {
    // of somebody whose tags begin as ours do
    return {}
  }
}

/** Lines by job, run and table, out of what was found by tag: attempts of one table are one line. */
const linesOf = (statements: Row[], credits: Row[], run: string | undefined): CostLine[] => {
  const lines = new Map<string, CostLine>()
  const lineOf = ({ TAG }: Row): CostLine => {
    const names = namesIn(TAG)
    const what = names.table ?? names.stage ?? names.command ?? ''
    const key = JSON.stringify([names.job, names.run, what])
    const empty = { job: names.job ?? null, run: names.run ?? null, what, statements: 0, seconds: 0, credits: null }
    const line = lines.get(key) ?? empty
    lines.set(key, line)
    return line
  }
  for (const row of statements) {
    const line = lineOf(row)
    line.statements += Number(row.STATEMENTS)
    line.seconds += Number(row.MILLISECONDS) / 1000
  }
  for (const row of credits) {
    const line = lineOf(row)
    line.credits = (line.credits ?? 0) + Number(row.CREDITS)
  }
  const order = (line: CostLine) => [line.job ?? '', line.run ?? '', line.what].join('\0')
  return [...lines.values()]
    .filter((line) => run === undefined || line.run === run)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

/**
 * Reads what our statements took and cost: seconds by the history, credits where Snowflake has attributed them. What this
 * role may not see is told with the grant that mends it, and is no error. Throws as Warehouse does.
 */
export const readCosts = async (warehouse: Warehouse, grantee: Grantee, asked: CostQuestion): Promise<Costs> => {
  const attributed = await seen(warehouse, attributionSql(asked))
  const { rows, notes } = await elapsed(warehouse, asked, grantee)
  const credits = attributed
    ? 'Credits are attributed up to 8 hours later, and never to statements of about 100 ms or less, nor for time in which a warehouse idles.'
    : `No credits: SNOWFLAKE.ACCOUNT_USAGE.QUERY_ATTRIBUTION_HISTORY is not granted. To see them: ${grant('USAGE_VIEWER', grantee)}`
  return { lines: linesOf(rows, attributed ?? [], asked.run), notes: [credits, ...notes] }
}
