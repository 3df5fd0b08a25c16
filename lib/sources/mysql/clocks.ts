/** What the clocks of a DATETIME's zone make of a window: its end, and how much of an hour that came twice is read again. */
import type { Window } from '../../model.ts'
import { clockAt, lastRepeated, momentOf } from './zone.ts'

const DAY = 86_400_000

/** `back`: seconds more to go back where an overlap reaches over an hour that clocks left out. */
type Clocks = { aheadSeconds: number; back: number; repeated: Window['repeated'] }

const parsed = (text: string): number =>
  Date.parse(`${(text.length === 10 ? `${text} 00:00:00` : text).replace(' ', 'T')}Z`)

const textOf = (clock: number): string => new Date(clock).toISOString().replace('T', ' ').replace('Z', '')

/** Around the last window's beginning, else around now: rows of no other hour can be here and there. */
const repeatedIn = (zone: string, now: number, last: { from: number; low: number } | null): Window['repeated'] => {
  const near = last && lastRepeated(zone, last.from - 2 * DAY, Math.min(last.low + 2 * DAY, now))
  const found = near ?? lastRepeated(zone, now - 2 * DAY, now)
  return found ? { from: textOf(found.from), to: textOf(found.to) } : undefined
}

/**
 * `lagged` is the source's now less the lag, in UTC; `low` what the zone's clocks showed when the last window ended.
 * `aheadSeconds`: what is to be added to `lagged` for what the zone's clocks showed then.
 */
export const clocksOf = (
  zone: string,
  { lagged, low, lagSeconds, overlap }: { lagged: string; low: string | null; lagSeconds: number; overlap: number },
): Clocks => {
  const end = parsed(lagged)
  const now = end + lagSeconds * 1000
  const aheadSeconds = (clockAt(zone, end) - end) / 1000
  if (low === null) return { aheadSeconds, back: 0, repeated: repeatedIn(zone, now, null) }
  const lowMoment = momentOf(zone, parsed(low))
  const from = lowMoment - overlap * 1000
  const back = (parsed(low) - lowMoment - (clockAt(zone, from) - from)) / 1000
  return { aheadSeconds, back: Math.max(0, back), repeated: repeatedIn(zone, now, { from, low: lowMoment }) }
}
