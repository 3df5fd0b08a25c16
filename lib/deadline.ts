/** When a stage must stop, so that what it has done can still be put away before its Lambda ends. */

/** `isDue`: the time is nearly over. `overdue` resolves when half of what was kept back is gone as well. */
export type Deadline = { isDue(): boolean; overdue: Promise<void>; clear(): void }

const RESERVE_MILLISECONDS = 60_000
const RESERVE_SHARE = 1 / 3

/** For who may take as long as it takes. */
export const noDeadline = (): Deadline => ({ isDue: () => false, overdue: new Promise(() => {}), clear: () => {} })

/**
 * The deadline of a stage that has so many milliseconds left: a minute of them is kept back, or a third where there are few.
 * Clear it when the work is done. `Infinity` for none.
 */
export const deadlineIn = (milliseconds: number): Deadline => {
  if (!Number.isFinite(milliseconds)) return noDeadline()
  const reserve = Math.min(RESERVE_MILLISECONDS, milliseconds * RESERVE_SHARE)
  const { promise: overdue, resolve } = Promise.withResolvers<void>()
  let due = false
  const timers = [
    setTimeout(() => {
      due = true
    }, milliseconds - reserve),
    setTimeout(resolve, milliseconds - reserve / 2),
  ]
  return { isDue: () => due, overdue, clear: () => timers.forEach(clearTimeout) }
}
