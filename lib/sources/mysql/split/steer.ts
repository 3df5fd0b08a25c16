/**
 * A text in the middle of a span's rows, found by the server's estimates alone: for collations in which characters are not
 * compared one by one (two letters for one, accents only when all else is equal), so that no arithmetic leads there.
 */

const DEPTH = 4
/** A text that leaves at least this part of the rows on either side will do. */
const SIDE = 0.25

export type Span = {
  /** The greatest key of the span. */
  to: string
  rows: number
  /** About how many of the span's rows are not above a text. */
  rowsUpTo: (text: string) => Promise<number>
}

/** What both texts begin with. */
export const sharedPrefix = (a: string, b: string): string => {
  const [first, second] = [[...a], [...b]]
  const differs = first.findIndex((character, i) => character !== second[i])
  return first.slice(0, differs < 0 ? first.length : differs).join('')
}

/** Of texts in order, by halves: one in the middle of the rows (`isMiddle`), or the last that is below it. */
const search = async (texts: (at: number) => string, count: number, { rows, rowsUpTo }: Span) => {
  let below = 0
  let above = count
  while (above - below > 1) {
    const at = (below + above) >> 1
    const found = await rowsUpTo(texts(at))
    if (found >= rows * SIDE && found <= rows * (1 - SIDE)) return { text: texts(at), isMiddle: true }
    if (found < rows / 2) below = at
    else above = at
  }
  return { text: texts(below), isMiddle: false }
}

/**
 * First as much of the greatest key as is still below the middle, then character after character of the alphabet. About
 * ten estimates a character.
 */
export const steer = async (order: string[], span: Span): Promise<string> => {
  const to = [...span.to]
  let found = await search((length) => to.slice(0, length).join(''), to.length, span)
  for (let depth = 0; depth < DEPTH && !found.isMiddle; depth++) {
    const start = found.text
    found = await search((at) => start + order[at], order.length, span)
  }
  return found.text
}
