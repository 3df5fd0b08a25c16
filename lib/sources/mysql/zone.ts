/**
 * What the clocks of a time zone show, from the rules that Node carries: a server's own tables of zones are mostly empty,
 * and then CONVERT_TZ gives NULL. Moments are milliseconds; a wall clock's are those of the same figures read as UTC.
 */

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** An hour, mostly, that clocks showed twice: `from <= clock < to`. */
type Repeated = { from: number; to: number }

const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' })
  formats.set(zone, format)
  return format
}

/** Whether there are rules for a zone of this name, such as `Europe/Berlin`, `UTC` or `+02:00`. */
export const isZone = (zone: string): boolean => {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** How far a zone's clocks are ahead of UTC at a moment. Throws RangeError for no zone. */
const aheadOf = (zone: string, moment: number): number => {
  const name = formatOf(zone)
    .formatToParts(moment)
    .find(({ type }) => type === 'timeZoneName')!.value
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
}

/** What a zone's clocks show at a moment. */
export const clockAt = (zone: string, moment: number): number => moment + aheadOf(zone, moment)

/** When a zone's clocks first show this; of an hour they leave out, as if they had not. */
export const momentOf = (zone: string, clock: number): number => {
  const ahead = [aheadOf(zone, clock - DAY), aheadOf(zone, clock + DAY)]
  const moments = ahead.map((each) => clock - each).sort((a, b) => a - b)
  return moments.find((moment) => clockAt(zone, moment) === clock) ?? moments[0]!
}

/** When between two moments, a day apart at most, clocks were set back. */
const turningPoint = (zone: string, before: number, after: number): number => {
  let [low, high] = [before, after]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (aheadOf(zone, middle) === aheadOf(zone, before)) low = middle
    else high = middle
  }
  return high
}

/** The last hour that a zone's clocks showed twice, or began to, between two moments; null when there is none. */
export const lastRepeated = (zone: string, from: number, to: number): Repeated | null => {
  for (let after = to; after > from; after -= DAY) {
    const before = after - DAY
    if (aheadOf(zone, before) <= aheadOf(zone, after)) continue
    const turn = turningPoint(zone, before, after)
    return { from: clockAt(zone, turn), to: turn + aheadOf(zone, before) }
  }
  return null
}
