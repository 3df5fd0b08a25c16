/**
 * Rows in buckets, by the first digits of the hash of their key: both sides' counts and sums tell which buckets differ. A
 * sum of 60 bits of each row's hash is exact and of no order; two different sets of rows agree in it once in 10^18.
 */

/** Rows and sum by bucket. */
export type Sums = Map<string, { rows: number; sum: bigint }>

/** 4,096 buckets keep a few hundred rows each up to a million; from here on there are 65,536. */
const MANY_ROWS = 4_000_000

/** How many digits of the hash name a bucket of a table of about so many rows. */
export const digitsFor = (rows: number): number => (rows > MANY_ROWS ? 4 : 3)

/** Adds what one chunk, or a whole target, has in its buckets. */
export const addSums = (sums: Sums, rows: [bucket: string, rows: string, sum: string | null][]): void => {
  for (const [bucket, count, sum] of rows) {
    const before = sums.get(bucket) ?? { rows: 0, sum: 0n }
    // all hashes of a bucket may be NULL, where a row's text is longer than the server makes one
    sums.set(bucket, { rows: before.rows + Number(count), sum: before.sum + BigInt(sum ?? 0) })
  }
}

export const totalRows = (sums: Sums): number => [...sums.values()].reduce((total, { rows }) => total + rows, 0)

/** The buckets in which the sides do not agree, in order. */
export const differingBuckets = (a: Sums, b: Sums): string[] =>
  [...new Set([...a.keys(), ...b.keys()])]
    .filter((bucket) => a.get(bucket)?.rows !== b.get(bucket)?.rows || a.get(bucket)?.sum !== b.get(bucket)?.sum)
    .sort()

/** Buckets in groups that hold at most so many rows on both sides together, each group at least one bucket. */
export const groupBuckets = (buckets: string[], [a, b]: [Sums, Sums], mostRows: number): string[][] => {
  const groups: string[][] = []
  let room = 0
  for (const bucket of buckets) {
    const rows = (a.get(bucket)?.rows ?? 0) + (b.get(bucket)?.rows ?? 0)
    if (groups.length === 0 || rows > room) {
      groups.push([])
      room = mostRows
    }
    groups.at(-1)!.push(bucket)
    room -= rows
  }
  return groups
}
