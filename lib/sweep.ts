/** A sweep reads a table's keys, all of them, beside the window of a run: chunks of their own, which Extract reads as it reads others. */
import type { Chunk, TablePlan } from './model.ts'

/** What the ids of a sweep's chunks begin with; those of others are numbers. */
const PREFIX = 's'

/** The id of a sweep's chunk. */
export const sweepId = (id: string): string => `${PREFIX}${id}`

const isSweepId = (id: string): boolean => id.startsWith(PREFIX)

/** The table as its sweep reads it: only what tells rows apart, and every row that meets the table's own condition. */
export const sweepPlan = (plan: TablePlan): TablePlan => {
  const { chunkIndex: _, ...others } = plan
  const { sweep } = plan
  if (!sweep) throw new Error(`${plan.table} is not swept in this run`)
  const { chunks, chunkColumns, chunkIndex } = sweep
  const names = new Set([...plan.key, ...chunkColumns])
  return {
    ...others,
    ...{ kind: 'sweep', publish: 'none', window: null, chunks, chunkColumns },
    ...(chunkIndex === undefined ? {} : { chunkIndex }),
    columns: plan.columns.filter(({ name }) => names.has(name)),
  }
}

/** Ids of everything that is read of a table in a run. */
export const chunkIds = ({ chunks, sweep }: TablePlan): string[] => [
  ...chunks.map(({ id }) => id),
  ...(sweep?.chunks ?? []).map(({ id }) => id),
]

/** A chunk by its id, and the table as that chunk is read; undefined when the plan has none of that id. */
export const planOfChunk = (plan: TablePlan, id: string): { plan: TablePlan; chunk: Chunk } | undefined => {
  const of = isSweepId(id) && plan.sweep ? sweepPlan(plan) : plan
  const chunk = of.chunks.find((each) => each.id === id)
  return chunk && { plan: of, chunk }
}
