/** Foreign keys among the tables of a run, and what drives each table's sample. The same tables give the same graph. */
import type { ForeignKey, SourceTable } from '../../model.ts'

/** `owns`: the child's key holds this foreign key, so the child is part of the parent, as items are of an order. */
type Edge = { child: SourceTable; parent: SourceTable; key: ForeignKey; owns: boolean; closesCircle: boolean }

/** A table's rows are those whose `columns` are among `otherColumns` of another table's sample. */
type Driver = { columns: string[]; other: SourceTable; otherColumns: string[] }

export type KeyGraph = { edges: Edge[]; drivers: Map<SourceTable, Driver[]> }

/** Of several foreign keys within the key one owns the row, that of the leading column first; the others look up. */
const ownerOf = (child: SourceTable, keys: ForeignKey[]): ForeignKey | undefined => {
  const within = keys.filter((key) => key.columns.every((name) => child.key.includes(name)))
  return within.find((key) => key.columns.includes(child.key[0]!)) ?? within[0]
}

const inOrder = (tables: Map<string, SourceTable>) => [...tables.keys()].sort().map((name) => tables.get(name)!)

const edgesOf = (tables: Map<string, SourceTable>): Edge[] => {
  const edges: Edge[] = []
  const done = new Set<SourceTable>()
  const visit = (child: SourceTable, path: SourceTable[]) => {
    if (done.has(child)) return
    const below = [...path, child]
    const known = child.foreignKeys.filter((key) => tables.has(key.parent))
    const circles = new Set(known.filter((key) => below.includes(tables.get(key.parent)!)))
    const owner = ownerOf(
      child,
      known.filter((key) => !circles.has(key)),
    )
    for (const key of known) {
      const parent = tables.get(key.parent)!
      edges.push({ child, parent, key, owns: key === owner, closesCircle: circles.has(key) })
      if (!circles.has(key)) visit(parent, below)
    }
    done.add(child)
  }
  for (const table of inOrder(tables)) visit(table, [])
  return edges
}

const driversOf = (table: SourceTable, edges: Edge[]): Driver[] => {
  const owner = edges.find((edge) => edge.child === table && edge.owns)
  if (owner) return [{ columns: owner.key.columns, other: owner.parent, otherColumns: owner.key.parentColumns }]
  return edges
    .filter((edge) => edge.parent === table && !edge.owns && !edge.closesCircle)
    .map(({ child, key }) => ({ columns: key.parentColumns, other: child, otherColumns: key.columns }))
}

/** Foreign keys to tables that are not among `tables` are left out; those that close a circle are marked. */
export const keyGraph = (tables: Map<string, SourceTable>): KeyGraph => {
  const edges = edgesOf(tables)
  const drivers = new Map<SourceTable, Driver[]>()
  const open = new Set<SourceTable>()
  const visit = (table: SourceTable) => {
    if (drivers.has(table)) return
    open.add(table)
    const kept: Driver[] = []
    for (const driver of driversOf(table, edges)) {
      // two tables may each wait for the other's sample: the one that comes first then starts by itself
      if (open.has(driver.other)) continue
      visit(driver.other)
      kept.push(driver)
    }
    open.delete(table)
    drivers.set(table, kept)
  }
  for (const table of inOrder(tables)) visit(table)
  return { edges, drivers }
}
