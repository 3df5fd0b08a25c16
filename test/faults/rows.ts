/** Row against row: what MySQL has and the warehouse has not, and what the warehouse has once too often. */

/** `lost`: rows of MySQL's that are not there as they are. `doubled`: rows of a key more often there. `strange`: every other row there. */
export type Difference = { lost: number; doubled: number; strange: number }

export type Rows = (string | null)[][]

const counted = (texts: string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** What of `these` is over when `those` are taken from them: text and how often. */
const over = (these: Map<string, number>, those: Map<string, number>): [text: string, rows: number][] =>
  [...these].map(([text, n]): [string, number] => [text, n - (those.get(text) ?? 0)]).filter(([, rows]) => rows > 0)

const sum = (counts: [string, number][]) => counts.reduce((rows, [, n]) => rows + n, 0)

/**
 * Compares two tables of text. `key` are the places of the key's columns; without one the whole row is its key, and rows
 * that are alike count as often as they are there.
 */
export const difference = (here: Rows, there: Rows, key: number[]): Difference => {
  const whole = (rows: Rows) => counted(rows.map((row) => JSON.stringify(row)))
  const keyText = (row: (string | null)[]) => JSON.stringify(key.length ? key.map((at) => row[at]) : row)
  const keys = (rows: Rows) => counted(rows.map(keyText))
  const [ours, theirs] = [keys(here), keys(there)]
  const surplus = sum(over(whole(there), whole(here)))
  const lost = sum(over(whole(here), whole(there)))
  // a key that MySQL has not is a row too many, and no double
  const doubled = sum(over(theirs, ours).map(([text, n]) => [text, ours.has(text) ? n : n - 1]))
  // an old version of a lost row is told by the loss
  const strange = Math.max(0, surplus - doubled - lost)
  return { lost, doubled, strange }
}
