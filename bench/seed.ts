/** Fills the bench's database once; a table whose comment tells this version and size is used again. */
import type { MysqlSettings } from '../lib/settings.ts'
import { type Connection, rowsOf, withConnection } from '../local/olist/connection.ts'
import { seededAs, seedOlist } from '../local/olist/seed.ts'
import { createSql, fillSql, type MadeTable, PARAGRAPHS, TABLES_VERSION } from './tables.ts'

const OLIST_SEED = 42
/** A statement's undo stays small, and an interrupted seed loses little. */
const STEP_ROWS = 500_000

type Log = (line: string) => void

/** Every scale has a database of its own, so that a small trial does not cost the large one. */
const databaseFor = (scale: number): string => `bench_${String(scale).replaceAll('.', '_')}`

const WORDS =
  'o produto chegou antes do prazo e muito bem embalado recomendo a loja para todos os meus amigos entrega rápida qualidade excelente mas veio com defeito não gostei da cor the seller answered quickly however one piece was missing from the box we will order again next month because price and quality are fair enough für diesen Preis sehr gut verarbeitet 商品很好 ótimo atendimento ⭐ 5 10 2018 (sic) "bom" d\'água'.split(
    ' ',
  )

/** A fixed sequence: xorshift32, the same everywhere. */
const randomly = (seed: number) => {
  let state = seed
  return (below: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const makeParagraphs = async (connection: Connection): Promise<void> => {
  await connection.query('DROP TABLE IF EXISTS paragraphs')
  await connection.query('CREATE TABLE paragraphs (id INT NOT NULL PRIMARY KEY, body TEXT NOT NULL) CHARSET=utf8mb4')
  const next = randomly(2018)
  const sentence = () => Array.from({ length: 24 + next(20) }, () => WORDS[next(WORDS.length)]).join(' ')
  for (let from = 0; from < PARAGRAPHS; from += 5000) {
    const rows = Array.from({ length: 5000 }, (_, i) => [from + i, sentence()])
    await connection.query('INSERT INTO paragraphs VALUES ?', [rows])
  }
}

/** `numbers` holds 1 … count: doubled until it does. */
const makeNumbers = async (connection: Connection, count: number): Promise<void> => {
  await connection.query('DROP TABLE IF EXISTS numbers')
  await connection.query('CREATE TABLE numbers (n BIGINT UNSIGNED NOT NULL PRIMARY KEY)')
  await connection.query('INSERT INTO numbers VALUES (1)')
  for (let have = 1; have < count; have *= 2)
    await connection.query(`INSERT INTO numbers SELECT n + ${have} FROM numbers WHERE n + ${have} <= ${count}`)
}

const stamp = ({ rows }: MadeTable) => `firn bench v${TABLES_VERSION} rows=${rows}`

const missing = async (connection: Connection, tables: MadeTable[]): Promise<MadeTable[]> => {
  const there = await rowsOf<{ name: string; comment: string }>(
    connection,
    'SELECT table_name AS name, table_comment AS comment FROM information_schema.tables WHERE table_schema = DATABASE()',
  )
  return tables.filter((table) => !there.some(({ name, comment }) => name === table.name && comment === stamp(table)))
}

const build = async (connection: Connection, table: MadeTable, log: Log): Promise<void> => {
  const start = performance.now()
  await connection.query(`DROP TABLE IF EXISTS ${table.name}`)
  await connection.query(createSql(table))
  for (let from = 0; from < table.rows; from += STEP_ROWS)
    await connection.query(fillSql(table, from, Math.min(from + STEP_ROWS, table.rows)))
  await connection.query(`ANALYZE TABLE ${table.name}`)
  // told last: a table without it was cut short and is made anew
  await connection.query(`ALTER TABLE ${table.name} COMMENT = '${stamp(table)}'`)
  log(`${table.name}: ${table.rows} rows in ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

const seedMade = (settings: MysqlSettings, tables: MadeTable[], log: Log): Promise<void> =>
  withConnection(settings, async (connection) => {
    const wanted = await missing(connection, tables)
    if (wanted.length === 0) return
    await makeNumbers(connection, Math.max(...wanted.map(({ rows }) => rows)))
    if (wanted.some(({ name }) => name === 'texts')) await makeParagraphs(connection)
    for (const table of wanted) await build(connection, table, log)
    await connection.query('DROP TABLE IF EXISTS numbers, paragraphs')
  })

/** What is wanted of the database: Olist's nine tables, and made ones. */
type Wanted = { olist: boolean; made: MadeTable[]; scale: number }

/**
 * Makes what is not there yet, inside the server. Gives the settings of the database it is in.
 * Throws UnavailableError or RefusedError as a connection does.
 */
export const seed = async (server: MysqlSettings, wanted: Wanted, log: Log): Promise<MysqlSettings> => {
  const database = databaseFor(wanted.scale)
  await withConnection(server, (connection) =>
    connection.query(`CREATE DATABASE IF NOT EXISTS ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`),
  )
  const settings = { ...server, database }
  if (wanted.olist) {
    const there = await seededAs(settings)
    if (there?.scale !== wanted.scale || there.seed !== OLIST_SEED)
      await seedOlist(settings, { scale: wanted.scale, seed: OLIST_SEED, log })
  }
  await seedMade(settings, wanted.made, log)
  return settings
}
