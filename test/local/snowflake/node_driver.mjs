// Runs a list of steps through the unmodified snowflake-sdk and prints what came of each as one JSON line.
// A step: {sql, binds?, parameters?, async?: true (submit, poll, read)}; the answer: {rows, results, updated?} or {code, state, message}.
import { readFileSync } from 'node:fs'
import snowflake from 'snowflake-sdk'

const { options, steps } = JSON.parse(readFileSync(0, 'utf8'))
snowflake.configure({ logLevel: 'OFF', additionalLogToConsole: false })
const connection = snowflake.createConnection({ sfRetryMaxLoginRetries: 1, fetchAsString: ['Number'], ...options })

const plain = (rows) =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        if (Buffer.isBuffer(value)) return [name, value.toString('hex')]
        if (value instanceof Date) return [name, value.toISOString()]
        return [name, value]
      }),
    ),
  )

const execute = ({ sql, binds, parameters }) =>
  new Promise((resolve) => {
    const results = []
    connection.execute({
      sqlText: sql,
      ...(binds && { binds }),
      ...(parameters && { parameters }),
      complete: (error, statement, rows) => {
        if (error) return resolve({ code: error.code, state: error.sqlState, message: error.message, results })
        results.push(plain(rows ?? []))
        if (statement.hasNext?.()) return statement.NextResult()
        return resolve({ rows: results.at(-1), results, updated: statement.getNumUpdatedRows() })
      },
    })
  })

// All rows of a submitted query: of its last statement, and of each. Without the text the driver cannot read several.
const readAll = (queryId, sqlText) =>
  new Promise((resolve, reject) => {
    const results = []
    connection.fetchResult({
      queryId,
      sqlText,
      complete: (error, statement, rows) => {
        if (error) return reject(error)
        results.push(plain(rows ?? []))
        if (statement.hasNext?.()) return statement.NextResult()
        return resolve([results.at(-1), results])
      },
    })
  })

const inBackground = async ({ sql, parameters }) => {
  const id = await new Promise((resolve, reject) =>
    connection.execute({
      sqlText: sql,
      asyncExec: true,
      ...(parameters && { parameters }),
      complete: (error, statement) => (error ? reject(error) : resolve(statement.getQueryId())),
    }),
  )
  let status = await connection.getQueryStatus(id)
  while (connection.isStillRunning(status)) status = await connection.getQueryStatus(id)
  try {
    const [rows, results] = await readAll(id, sql)
    return { status, rows, results }
  } catch (error) {
    return { status, code: error.code, message: error.message }
  }
}

const login = await new Promise((resolve) => connection.connect((error) => resolve(error)))
if (login) console.log(JSON.stringify({ code: login.code, message: login.message }))
else {
  for (const step of steps) console.log(JSON.stringify(await (step.async ? inBackground(step) : execute(step))))
  await new Promise((resolve) => connection.destroy(resolve))
}
