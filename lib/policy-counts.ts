/** How often policies acted, by column and policy. */
import type { PolicyCount } from './model.ts'

const nameOf = ({ column, policy }: PolicyCount): string => JSON.stringify([column, policy])

/** Counts of one policy and column summed, in the order in which they first come. */
export const summedCounts = (counts: PolicyCount[]): PolicyCount[] => {
  const found = new Map<string, PolicyCount>()
  for (const count of counts) {
    const { column, policy, rows } = count
    const of = nameOf(count)
    found.set(of, { column, policy, rows: rows + (found.get(of)?.rows ?? 0) })
  }
  return [...found.values()]
}

/** What came to counts since they were `before`; those that are as they were are left out. */
export const countsSince = (before: PolicyCount[], now: PolicyCount[]): PolicyCount[] => {
  const earlier = new Map(before.map((count) => [nameOf(count), count.rows]))
  return now
    .map((count) => ({ ...count, rows: count.rows - (earlier.get(nameOf(count)) ?? 0) }))
    .filter(({ rows }) => rows > 0)
}
