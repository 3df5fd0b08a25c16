/** How long tables took the last time, from the reports in the run folders: what a preview reckons with. */
import type { RunReport, TableReport } from '../../model.ts'
import { listRuns, runFolder } from '../../run-folder.ts'
import type { PastLoad } from './cost.ts'

/** So many reports are read, from the newest back: an old one says little of today. */
const REPORTS = 10

const pastOf = (runId: string, { load, chunks, extractSeconds, loadSeconds }: TableReport): PastLoad | null =>
  load && { runId, rows: load.rowsRead, chunks, extractSeconds, loadSeconds }

/** The newest load of each table among reports, newest first; loads that read nothing, and samples, tell nothing. */
export const newestLoads = (reports: RunReport[]): Map<string, PastLoad> => {
  const found = new Map<string, PastLoad>()
  for (const { runId, request, tables } of reports)
    for (const table of tables) {
      const past = pastOf(runId, table)
      if (past && past.rows > 0 && !request.testMode && !found.has(table.table)) found.set(table.table, past)
    }
  return found
}

/** Reads the newest reports. Throws UnavailableError, and RefusedError when there is no bucket. */
export const readPastLoads = async (): Promise<Map<string, PastLoad>> => {
  const runs = (await listRuns()).slice(-REPORTS).reverse()
  const reports = await Promise.all(runs.map((names) => runFolder(names).report()))
  return newestLoads(reports.filter((report) => report !== null))
}
