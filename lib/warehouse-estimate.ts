/** What a run's use of its warehouse is likely to be billed, from when it had statements under way. */
import type { WarehouseEstimate, WarehouseUse } from './model.ts'

/** AUTO_SUSPEND as setup makes a warehouse; also the least that is billed each time it wakes ("Virtual warehouse credit usage"). */
const SLEEPS_AFTER_SECONDS = 60
/** Of an X-Small, the size that setup makes. */
const CREDITS_PER_HOUR = 1

type Span = { from: number; to: number }

/** Spans as one where they overlap, or are less than `gap` seconds apart. */
const joined = (spans: Span[], gap: number): Span[] => {
  const found: Span[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1)
    if (last && from <= last.to + gap) last.to = Math.max(last.to, to)
    else found.push({ from, to })
  }
  return found
}

const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0)
const lengths = (spans: Span[]) => spans.map(({ from, to }) => to - from)
const rounded = (number: number, digits: number) => Number(number.toFixed(digits))

/**
 * Adds up what stages and tables asked of one warehouse. It is billed by the second from when it wakes to when it sleeps,
 * whoever uses it, so statements side by side share it. What others do with it meanwhile, and how long it takes to wake,
 * nobody here can know: an estimate.
 */
export const estimateWarehouse = (uses: WarehouseUse[]): WarehouseEstimate => {
  const seconds = (moment: string) => Date.parse(moment) / 1000
  const spans = uses.flatMap(({ from, to }) => (from && to ? [{ from: seconds(from), to: seconds(to) }] : []))
  const awakeSeconds = sum(lengths(joined(spans, SLEEPS_AFTER_SECONDS)).map((length) => length + SLEEPS_AFTER_SECONDS))
  return {
    statements: sum(uses.map(({ statements }) => statements)),
    seconds: rounded(Math.min(sum(uses.map((use) => use.seconds)), sum(lengths(joined(spans, 0)))), 3),
    awakeSeconds: rounded(awakeSeconds, 1),
    credits: rounded((awakeSeconds * CREDITS_PER_HOUR) / 3600, 5),
  }
}
