/** What the ledger's rows say of themselves and of each other: numbers that must go together, whatever was broken. */

/** A row of `_FIRN.LOADS`, as the driver gives it. */
export type LedgerRow = Record<string, string | null>

/** A number of a row's; 0 where it says none. */
export const number = (row: LedgerRow, name: string): number => Number(row[name] ?? 0)

/** Rows the table must have after a row's publication: those it had, those that came, less those that went. */
const became = (row: LedgerRow): number => {
  const [before, inserted, removed] = ['ROWS_BEFORE', 'INSERTED', 'REMOVED'].map((name) => number(row, name)) as [
    number,
    number,
    number,
  ]
  if (row.MODE === 'replace' || row.MODE === 'rebuild') return inserted
  return before + inserted - removed
}

/** What one ledger row says of itself. `isSoft`: its sweeps mark rows, and take none away. */
export const equation = (row: LedgerRow, isSoft: boolean): string[] => {
  const of = `${row.TARGET}, run ${row.RUN_ID}`
  if (row.MODE === 'unchanged')
    return number(row, 'ROWS_READ') === number(row, 'KEPT') && row.KEPT === row.ROWS_IN_TARGET
      ? []
      : [`${of}: an unchanged copy is not what the table holds`]
  const isSweep = row.KIND === 'sweep'
  const apart = number(row, 'ROWS_STAGED') - number(row, 'DUPLICATES')
  const arrived = number(row, 'INSERTED') + number(row, 'UPDATED') + number(row, 'KEPT')
  const after = isSweep && isSoft ? number(row, 'ROWS_BEFORE') : became(row)
  return [
    ...(number(row, 'ROWS_READ') === number(row, 'ROWS_STAGED') ? [] : [`${of}: read and staged differ`]),
    ...(apart === arrived ? [] : [`${of}: ${apart} rows staged became ${arrived}`]),
    ...(after === number(row, 'ROWS_IN_TARGET')
      ? []
      : [
          `${of}, ${row.KIND}: ${row.ROWS_BEFORE} rows, ${row.INSERTED} more and ${row.REMOVED} less are not ${row.ROWS_IN_TARGET}`,
        ]),
  ]
}

/** A run that was to take the target's place by another table. Its epoch says when; the ids of one second are in no order. */
export type Rebuild = { runId: string; epoch: number }

/**
 * Each publication found what the one before it left. Newest first. Of `rebuilds` one that died between its SWAP and its row is the one publication that no row tells of, unless the run's next
 * attempt does: that one finds the rows of its own run.
 */
export const chained = (rows: LedgerRow[], rebuilds: Rebuild[] = []): string[] => {
  const told = new Set(rows.map(({ RUN_ID }) => RUN_ID))
  const untold = rebuilds.filter(({ runId }) => !told.has(runId))
  const isAgain = (row: LedgerRow) =>
    rebuilds.some(({ runId }) => runId === row.RUN_ID) &&
    row.MODE === 'rebuild' &&
    number(row, 'ROWS_BEFORE') === number(row, 'ROWS_IN_TARGET')
  const isGap = (row: LedgerRow, before: LedgerRow): boolean =>
    number(row, 'ROWS_BEFORE') !== number(before, 'ROWS_IN_TARGET') &&
    !isAgain(row) &&
    !untold.some(({ epoch }) => epoch > number(before, 'EPOCH') && epoch < number(row, 'EPOCH'))
  return rows
    .filter((row, i) => i + 1 < rows.length && isGap(row, rows[i + 1]!))
    .map(
      (row) => `${row.TARGET}, run ${row.RUN_ID}, ${row.KIND}: it found other rows than the publication before it left`,
    )
}

/** No run publishes a table twice in the same way. */
export const twice = (rows: LedgerRow[]): string[] => {
  const names = rows.map((row) => `${row.TARGET}, run ${row.RUN_ID}, ${row.KIND}`)
  return names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${name}: published twice`)
}

/** The cursor only grows from epoch to epoch. Newest first. */
export const backwards = (rows: LedgerRow[]): string[] =>
  rows
    .filter(({ KIND }) => KIND === 'window')
    .filter((row, i, all) => i > 0 && (row.HIGH ?? '') > (all[i - 1]!.HIGH ?? ''))
    .map((row) => `${row.TARGET}, run ${row.RUN_ID}: its cursor is after the next epoch's`)
