/** When a stage must stop, so that what it has done can still be put away before its Lambda ends. */

/** `isDue`: the time is nearly over. `overdue` resolves when half of what was kept back is gone as well. */
export type Deadline = { isDue(): boolean; overdue: Promise<void>; clear(): void }

/** A deadline that can be waited for: `due` resolves when it is, `left` are the milliseconds until then. */
export type Countdown = Deadline & { due: Promise<void>; left(): number }

const RESERVE_MILLISECONDS = 60_000
const RESERVE_SHARE = 1 / 3

/** For who may take as long as it takes. */
export const noDeadline = (): Countdown => ({
  isDue: () => false,
  left: () => Number.POSITIVE_INFINITY,
  due: new Promise(() => {}),
  overdue: new Promise(() => {}),
  clear: () => {},
})

/**
 * The deadline of a stage that has so many milliseconds left: a minute of them is kept back, or a third where there are few.
 * Clear it when the work is done. `Infinity` for none.
 */
export const deadlineIn = (milliseconds: number): Countdown => {
  if (!Number.isFinite(milliseconds)) return noDeadline()
  const reserve = Math.min(RESERVE_MILLISECONDS, milliseconds * RESERVE_SHARE)
  const [due, overdue] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const at = performance.now() + milliseconds - reserve
  let isDue = false
  const timers = [
    setTimeout(() => {
      isDue = true
      due.resolve()
    }, milliseconds - reserve),
    setTimeout(overdue.resolve, milliseconds - reserve / 2),
  ]
  return {
    isDue: () => isDue,
    left: () => Math.max(0, at - performance.now()),
    due: due.promise,
    overdue: overdue.promise,
    clear: () => timers.forEach(clearTimeout),
  }
}
