/** Whether a run costs more the longer a pipeline has been in use: the same run before and after thousands of others. */

import { snowflakeSettings } from '../../lib/settings.ts'
import { connectSnowflake } from '../../lib/warehouses/snowflake/connect.ts'
import { LOADS_COLUMNS } from '../../lib/warehouses/snowflake/ledger.ts'
import { median } from '../lines.ts'
import { EVERY } from './contest.ts'
import type { Line } from './line.ts'

const AT_ONCE = 32
/** By which epochs, milliseconds of the clock, are put back. */
const AGE = 100_000_000

/** Medians of runs with nothing new. `plan`: seconds of the state Plan; `ledgerRows`: how many there were. */
export type Age = { runs: number; ledgerRows: number; plan: number; whole: number }

/** Ledger rows of runs that never were, all older than those that are: the last run's rows, under as many other names. */
const fillLedger = async (runs: number): Promise<number> => {
  const warehouse = await connectSnowflake(await snowflakeSettings())
  try {
    const loads = `${warehouse.database}._FIRN.LOADS`
    const count = async (condition: string) =>
      Number((await warehouse.query(`SELECT COUNT(${condition}) AS N FROM ${loads}`))[0]!.N)
    const names = LOADS_COLUMNS.map(([name]) => name)
    const values = names.map((name) =>
      name === 'RUN_ID' ? `L.RUN_ID || '-' || N.N` : name === 'EPOCH' ? `L.EPOCH - ${AGE} - N.N` : `L.${name}`,
    )
    await warehouse.query(`INSERT INTO ${loads} (${names.join(', ')}) SELECT ${values.join(', ')}
FROM (SELECT * FROM ${loads} WHERE RUN_ID = (SELECT MAX_BY(RUN_ID, PUBLISHED_AT) FROM ${loads})) AS L
CROSS JOIN (SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => ${runs}))) AS N`)
    if ((await count('DISTINCT RUN_ID')) < runs) throw new Error(`the ledger has not become ${runs} runs old`)
    return await count('*')
  } finally {
    await warehouse.close()
  }
}

/** Folders of those runs, each with its run.json. */
const fillBucket = async ({ stack }: Line, runs: number): Promise<void> => {
  const one = async (i: number) => {
    const key = `runs/load/20000101T000000-${String(i).padStart(6, '0')}/run.json`
    const answer = await fetch(`${stack.s3.endpoint}/${stack.s3.bucket}/${key}`, { method: 'PUT', body: '{}' })
    if (!answer.ok) throw new Error(`the twin answers ${answer.status} to ${key}`)
    await answer.arrayBuffer()
  }
  for (let from = 0; from < runs; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, runs - from) }, (_, i) => one(from + i)))
}

const look = async (line: Line, repetitions: number) => {
  const ran = []
  for (let i = 0; i < repetitions; i++) ran.push(await line.run({ job: 'load', lagSeconds: 0, ...EVERY }))
  return { plan: median(ran.map(({ stages }) => stages.Plan!)), whole: median(ran.map(({ seconds }) => seconds)) }
}

/** A young pipeline's run, and that of one that has made `runs` of them. */
export const ages = async (line: Line, runs: number, repetitions: number): Promise<[Age, Age]> => {
  const young = await look(line, repetitions)
  await fillBucket(line, runs)
  const ledgerRows = await fillLedger(runs)
  const old = await look(line, repetitions)
  return [
    { runs: 0, ledgerRows: 0, ...young },
    { runs, ledgerRows, ...old },
  ]
}
