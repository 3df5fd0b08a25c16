/** Counts what is asked of the warehouse: statements, and the seconds in which it had one of them to compute. */
import type { WarehouseUse } from '../../model.ts'

/** Answered by Snowflake's services without a warehouse ("Overview of warehouses": what needs one). */
const WITHOUT =
  /^\s*(CREATE|ALTER|DROP|SHOW|DESC|DESCRIBE|USE|GRANT|REVOKE|BEGIN|COMMIT|ROLLBACK|PUT|GET|LIST|REMOVE)\b/i
const AS_SELECT = /^\s*CREATE\b[\s\S]*?\bAS\s*\(?\s*(SELECT|WITH)\b/i

/** Whether a statement has to be computed by a warehouse, which it wakes if it sleeps. */
export const needsWarehouse = (sql: string): boolean => !WITHOUT.test(sql) || AS_SELECT.test(sql)

/** What was asked by one after the other. */
export const usedTogether = (one: WarehouseUse, other: WarehouseUse): WarehouseUse => ({
  statements: one.statements + other.statements,
  seconds: Math.round((one.seconds + other.seconds) * 1000) / 1000,
  from: one.from ?? other.from,
  to: other.to ?? one.to,
})

/** One for each who asks. Time in which several statements are under way counts once. */
export class Meter {
  private statements = 0
  private milliseconds = 0
  private underWay = 0
  private since = 0
  private from: number | null = null
  private to: number | null = null

  /** Counts statements that go out as one request, and how long it takes, whatever comes of it. */
  async count<T>(statements: string[], work: () => Promise<T>): Promise<T> {
    this.statements += statements.length
    return statements.some(needsWarehouse) ? this.wait(work) : work()
  }

  /** Counts how long something takes that a warehouse computes, and that was counted when it was sent. */
  async wait<T>(work: () => Promise<T>): Promise<T> {
    this.begin()
    try {
      return await work()
    } finally {
      this.end()
    }
  }

  used(): WarehouseUse {
    const at = (moment: number | null) => (moment === null ? null : new Date(moment).toISOString())
    const { statements, milliseconds, from, to } = this
    return { statements, seconds: Math.round(milliseconds) / 1000, from: at(from), to: at(to) }
  }

  private begin() {
    if (this.underWay++ === 0) this.since = performance.now()
    this.from ??= Date.now()
  }

  private end() {
    if (--this.underWay === 0) this.milliseconds += performance.now() - this.since
    this.to = Date.now()
  }
}
