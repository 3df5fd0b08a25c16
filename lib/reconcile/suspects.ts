/** From hashes to rows that may differ, and from their cells to what does. Pure. */

/** Hashes of the rows of each key, the key's texts joined; a key may be there more than once, in the warehouse. */
export type Hashes = Map<string, { key: string[]; hashes: string[] }>

/** `[hash, …key]` of each row. A hash is null where the row's text was too long to make. */
export const addHashes = (found: Hashes, rows: (string | null)[][]): void => {
  for (const [hash, ...cells] of rows) {
    const key = cells as string[]
    const before = found.get(key.join())
    if (before) before.hashes.push(hash ?? '')
    else found.set(key.join(), { key, hashes: [hash ?? ''] })
  }
}

/** Takes the keys away from one side that the other has not, and gives them. */
export const takeOthers = (from: Hashes, other: Hashes): Hashes => {
  const others: Hashes = new Map([...from].filter(([text]) => !other.has(text)))
  for (const text of others.keys()) from.delete(text)
  return others
}

/** Keys whose rows are not one and the same on both sides. */
export const suspectKeys = (source: Hashes, target: Hashes): string[][] => {
  const isSame = (a: string[] | undefined, b: string[] | undefined) =>
    a?.length === 1 && b?.length === 1 && a[0] === b[0] && a[0] !== ''
  const suspects: string[][] = []
  for (const [text, { key, hashes }] of source) if (!isSame(hashes, target.get(text)?.hashes)) suspects.push(key)
  for (const [text, { key }] of target) if (!source.has(text)) suspects.push(key)
  return suspects
}

/**
 * What a row turned out to be. `missing`: in MySQL only. `extra`: in the warehouse only. `different`: its cells are.
 * `repeated`: it is in the warehouse more than once. `newer`: it has changed in MySQL since the last window. `equal`: it
 * was seen in between.
 */
export type Verdict = 'missing' | 'extra' | 'different' | 'repeated' | 'newer' | 'equal'

/** A row of MySQL's by its cells' texts; `reached`: by the last window that was published. */
export type SourceRow = { reached: boolean; cells: string[] }

/** Columns whose cells are not the same, by place. */
export const differingCells = (source: string[], target: string[]): number[] =>
  source.flatMap((cell, i) => (cell === target[i] ? [] : [i]))

/** Judges a key by what both sides have of it now. */
export const judge = (source: SourceRow | undefined, target: string[][]): Verdict => {
  if (source && !source.reached) return 'newer'
  const [there, again] = target
  if (!source) return there ? 'extra' : 'equal'
  if (!there) return 'missing'
  if (again) return 'repeated'
  return differingCells(source.cells, there).length ? 'different' : 'equal'
}

/** Rows alike, as hash → how many: how many more there are on the one side than on the other. */
export const surplus = (of: Map<string, number>, over: Map<string, number>): Map<string, number> =>
  new Map([...of].map(([hash, rows]) => [hash, rows - (over.get(hash) ?? 0)] as const).filter(([, rows]) => rows > 0))
