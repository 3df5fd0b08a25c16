/**
 * Statements that may take longer than who asks has time. Snowflake goes on with a statement whose client went away
 * (ABORT_DETACHED_QUERY is FALSE), and tells whoever asks by its query id, from any session of the user, what came of it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type snowflake from 'snowflake-sdk'
import type { Countdown } from '../../deadline.ts'
import { UnavailableError } from '../../errors.ts'
import { exactRows, type Row } from './rows.ts'
import { codeOf, type DriverError } from './translate.ts'

/** The rows, or the id by which a statement that goes on is asked after. */
export type Lasting = { rows: Row[] } | { queryId: string }

/**
 * Snowflake answers a request within 45 s, if only by saying that the statement runs and what its id is. With less time than
 * that and some more the id is asked for first, which costs a request.
 */
const ANSWERED_MS = 60_000
const LOOK_MS = 100

/** "Statement … not found": nobody ever sent it, or it was forgotten, which takes a day. */
const NOT_FOUND = '000709'

type Answer = (
  error: Error | undefined,
  statement: snowflake.RowStatement | snowflake.FileAndStageBindStatement,
  rows?: unknown[],
) => void

/** Turns the driver's callback into rows. */
const answered = (ask: (complete: Answer) => snowflake.RowStatement | snowflake.FileAndStageBindStatement) => {
  const { promise, resolve, reject } = Promise.withResolvers<Row[]>()
  const statement = ask((error, own, rows) =>
    error ? reject(error) : resolve(exactRows((own as snowflake.RowStatement).getColumns(), (rows ?? []) as Row[])),
  )
  return { rows: promise, statement: statement as snowflake.RowStatement }
}

/** Settles with the id as soon as the driver has it, which it does not tell: it comes with the first answer. */
const idOf = async (queryId: () => string | undefined, isOver: () => boolean): Promise<string> => {
  while (queryId() === undefined && !isOver()) await pause(LOOK_MS)
  const id = queryId()
  if (id === undefined) throw new UnavailableError('Snowflake has not said the id of a statement it was given')
  return id
}

const untilDue = async (
  rows: Promise<Row[]>,
  deadline: Countdown,
  queryId: () => string | undefined,
): Promise<Lasting> => {
  // what comes of it later is asked for by its id
  rows.catch(() => {})
  const first = await Promise.race([rows, deadline.due.then(() => null)])
  if (first !== null) return { rows: first }
  let isOver = false
  deadline.overdue.then(() => {
    isOver = true
  })
  return Promise.race([
    rows.then((found) => ({ rows: found })),
    idOf(queryId, () => isOver).then((id) => ({ queryId: id })),
  ])
}

/** Waits for a statement that was started, by whomever. Throws what it failed with, as the driver has it; UnavailableError for one that Snowflake has no word of. */
export const followLasting = async (
  connection: snowflake.Connection,
  queryId: string,
  deadline: Countdown,
): Promise<Lasting> => {
  // the driver cuts a multiple statement's text, which is not at hand here, into its statements
  const { rows } = answered((complete) => connection.fetchResult({ queryId, sqlText: '', complete }))
  try {
    return await untilDue(rows, deadline, () => queryId)
  } catch (error) {
    if (codeOf(error as DriverError) !== NOT_FOUND) throw error
    throw new UnavailableError(`Snowflake has no word of the statement ${queryId}`, { cause: error })
  }
}

/** Hands a statement over without waiting for it. Gives its query id. */
export const submitted = (connection: snowflake.Connection, options: snowflake.StatementOption): Promise<string> =>
  new Promise((done, failed) => {
    connection.execute({
      ...options,
      asyncExec: true,
      complete: (error, statement) =>
        error ? failed(error) : done((statement as snowflake.RowStatement).getQueryId()),
    })
  })

/** Starts a statement and waits for it until the time is over. Throws what it failed with, as the driver has it. */
export const startLasting = async (
  connection: snowflake.Connection,
  options: snowflake.StatementOption,
  deadline: Countdown,
): Promise<Lasting> => {
  if (deadline.left() < ANSWERED_MS) return followLasting(connection, await submitted(connection, options), deadline)
  const { rows, statement } = answered((complete) => connection.execute({ ...options, complete }))
  return untilDue(rows, deadline, () => statement.getQueryId())
}
