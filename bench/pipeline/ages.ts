/** Whether a run costs more the longer a pipeline has been in use: the same run before and after thousands of others. */
import { snowflakeSettings } from '../../lib/settings.ts'
import { connectSnowflake, type Warehouse } from '../../lib/warehouses/snowflake/connect.ts'
import { LOADS_COLUMNS, loadsTable } from '../../lib/warehouses/snowflake/ledger.ts'
import { median } from '../lines.ts'
import { EVERY, JOB } from './contest.ts'
import type { Line, Ran } from './line.ts'

const AT_ONCE = 32
/** By which epochs, milliseconds of the clock, are put back. */
const AGE = 100_000_000

/** Medians of runs with nothing new. `plan`: seconds of the state Plan; `ledgerRows`: how many there were. */
export type Age = { runs: number; ledgerRows: number; plan: number; whole: number }

const withLedger = async <T>(work: (warehouse: Warehouse, loads: string) => Promise<T>): Promise<T> => {
  const warehouse = await connectSnowflake(await snowflakeSettings())
  try {
    return await work(warehouse, loadsTable(warehouse.database, ''))
  } finally {
    await warehouse.close()
  }
}

const countRows = async (warehouse: Warehouse, loads: string, what = '*'): Promise<number> =>
  Number((await warehouse.query(`SELECT COUNT(${what}) AS N FROM ${loads}`))[0]!.N)

/** Ledger rows of runs that never were, all older than those that are: the last run's rows, under as many other names. */
const fillLedger = (runs: number): Promise<number> =>
  withLedger(async (warehouse, loads) => {
    const names = LOADS_COLUMNS.map(([name]) => name)
    const values = names.map((name) =>
      name === 'RUN_ID' ? `L.RUN_ID || '-' || N.N` : name === 'EPOCH' ? `L.EPOCH - ${AGE} - N.N` : `L.${name}`,
    )
    await warehouse.query(`INSERT INTO ${loads} (${names.join(', ')}) SELECT ${values.join(', ')}
FROM (SELECT * FROM ${loads} WHERE RUN_ID = (SELECT MAX_BY(RUN_ID, PUBLISHED_AT) FROM ${loads})) AS L
CROSS JOIN (SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => ${runs}))) AS N`)
    if ((await countRows(warehouse, loads, 'DISTINCT RUN_ID')) < runs)
      throw new Error(`the ledger has not become ${runs} runs old`)
    return countRows(warehouse, loads)
  })

/** Takes them away again: this bench's own runs are all younger. */
const clearLedger = (runs: number): Promise<void> =>
  withLedger(async (warehouse, loads) => {
    const before = await countRows(warehouse, loads)
    await warehouse.query(`DELETE FROM ${loads} WHERE EPOCH <= (SELECT MAX(EPOCH) - ${AGE} FROM ${loads})`)
    if (before - (await countRows(warehouse, loads)) < runs) throw new Error('the ledger has not become young again')
  })

/** Puts folders of those runs, each with its run.json, or deletes them. */
const changeBucket = async ({ stack }: Line, runs: number, request: RequestInit): Promise<void> => {
  const one = async (i: number) => {
    const key = `runs/load/20000101T000000-${String(i).padStart(6, '0')}/run.json`
    const answer = await fetch(`${stack.s3.endpoint}/${stack.s3.bucket}/${key}`, request)
    if (!answer.ok) throw new Error(`the twin answers ${answer.status} to ${request.method} ${key}`)
    await answer.arrayBuffer()
  }
  for (let from = 0; from < runs; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, runs - from) }, (_, i) => one(from + i)))
}

const medians = (ran: Ran[]) => ({
  plan: median(ran.map(({ stages }) => stages.Plan!)),
  whole: median(ran.map(({ seconds }) => seconds)),
})

/**
 * A young pipeline's runs, and those of one that has made `runs` of them: young, twice as many old, young again, since the
 * machine itself is faster in one minute than in the next, by more than what is asked.
 */
export const ages = async (
  line: Line,
  { runs, repetitions, log }: { runs: number; repetitions: number; log: (line: string) => void },
): Promise<[Age, Age]> => {
  const look = async (age: string, times: number): Promise<Ran[]> => {
    const ran = []
    for (let i = 0; i < times; i++) ran.push(await line.run({ job: JOB, lagSeconds: 0, ...EVERY }))
    const { plan, whole } = medians(ran)
    log(`${times} runs of ${age} pipeline: plan ${plan.toFixed(2)} s, whole ${whole.toFixed(2)} s`)
    return ran
  }
  const young = await look('a young', repetitions)
  await changeBucket(line, runs, { method: 'PUT', body: '{}' })
  const ledgerRows = await fillLedger(runs)
  const old = await look('an old', 2 * repetitions)
  await clearLedger(runs)
  await changeBucket(line, runs, { method: 'DELETE' })
  young.push(...(await look('a young', repetitions)))
  return [
    { runs: 0, ledgerRows: 0, ...medians(young) },
    { runs, ledgerRows, ...medians(old) },
  ]
}
