/**
 * One invocation's part of a load. What takes long is started with the time that is left in mind: when that is over, the
 * load's place is kept, and the next invocation goes on from it, also with a statement that runs meanwhile.
 */
import { type Countdown, noDeadline } from '../../deadline.ts'
import { TimeIsOver } from '../../errors.ts'
import type { LoadPlace } from '../../model.ts'
import type { Row, Warehouse } from './connect.ts'

/** What a load knows of where it stands. */
export type Place = Omit<LoadPlace, 'table' | 'piece' | 'used'>

/** The place of a load that begins. */
export const firstPlace = (attempt: string): Place => ({
  attempt,
  startedAt: new Date().toISOString(),
  ...{ route: null, routeReason: null, files: 0, rows: 0, rowsOfNext: 0, counts: null, running: null },
})

export class Stint {
  readonly place: Place
  readonly warehouse: Warehouse
  private readonly deadline: Countdown
  private hasDone = false

  constructor(warehouse: Warehouse, place: Place, deadline: Countdown = noDeadline()) {
    this.warehouse = warehouse
    this.place = place
    this.deadline = deadline
  }

  /** Whether an earlier invocation has started this already. */
  isRunning(doing: string): boolean {
    return this.place.running?.doing === doing
  }

  /** Runs a statement, or several as a transaction, or goes on waiting for it. Throws TimeIsOver when it goes on by itself. */
  async run(doing: string, sql: string | string[]): Promise<Row[]> {
    const { warehouse, place, deadline } = this
    const queryId = this.isRunning(doing) ? place.running!.queryId : null
    place.running = null
    const outcome = queryId === null ? await warehouse.start(sql, deadline) : await warehouse.follow(queryId, deadline)
    if ('queryId' in outcome) {
      place.running = { doing, queryId: outcome.queryId }
      throw new TimeIsOver(`${doing} goes on as ${outcome.queryId}`)
    }
    this.done()
    return outcome.rows
  }

  /** The warehouse for who audits with one statement. */
  auditor(): Pick<Warehouse, 'query'> {
    return { query: (sql) => this.run('audit', sql) }
  }

  /** The warehouse for who publishes with one transaction. */
  publisher(): Warehouse {
    return { ...this.warehouse, transaction: async (statements) => void (await this.run('publish', statements)) }
  }

  /** Something was done that need not be done again. */
  done(): void {
    this.hasDone = true
  }

  /** Between two steps: throws TimeIsOver when there is no time for another. One step is done whatever the time. */
  rest(): void {
    if (this.hasDone && this.deadline.isDue()) throw new TimeIsOver('between two steps')
  }
}
