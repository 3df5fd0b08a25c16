/** The tables that are measured beside Olist's, as SQL that any MySQL makes the same rows of. */

/** `columns` in CREATE TABLE's words; `values` as a SELECT list over `n`, a number from 1. */
export type MadeTable = { name: string; rows: number; columns: [name: string, type: string, value: string][] }

/** Grows when the tables would come out differently. */
export const TABLES_VERSION = 1

/** A whole number below 2^32 that looks random, another one for every `salt`. */
const draw = (salt: string) => `CRC32(CONCAT(n, '${salt}'))`
/** NULL in about one row of `every`. */
const sometimes = (value: string, salt: string, every: number) =>
  `IF(${draw(`${salt}?`)} % ${every} = 0, NULL, ${value})`
/** A number below 2^64: 63 bits and one more, without leaving the unsigned range on the way. */
const draw64 = (salt: string) => `((${draw(salt)} * 4294967296) + ${draw(`${salt}low`)})`
/** Either sign, `digits` digits, `scale` of them behind the point: by a product, since a quotient is cut short. */
const decimal = (digits: number, salt: string, scale: number) =>
  `(CAST(${draw(`${salt}sign`)} % 2 AS SIGNED) * 2 - 1) * CAST(${draw64(salt)} % ${10n ** BigInt(digits)} AS DECIMAL(30,0)) * 0.${'1'.padStart(scale, '0')}`
const moment = (salt: string) => `'2015-01-01 00:00:00' + INTERVAL ${draw(salt)} % 315360000 SECOND`
const word = (salt: string, size: number) => `LEFT(MD5(CONCAT(n, '${salt}')), 1 + ${draw(salt)} % ${size})`
const oneOf = (salt: string, words: string[]) =>
  `ELT(1 + ${draw(salt)} % ${words.length}, ${words.map((each) => `'${each}'`).join(', ')})`

const CITIES = ['são paulo', 'rio de janeiro', 'belo horizonte', 'brasília', 'curitiba', 'porto alegre', 'salvador']
const STATUSES = ['created', 'approved', 'invoiced', 'processing', 'shipped', 'delivered', 'canceled', 'unavailable']
const CURRENCIES = ['BRL', 'EUR', 'USD', 'GBP', 'JPY']

const NUMBERS: MadeTable['columns'] = [
  ['id', 'BIGINT UNSIGNED NOT NULL', 'n'],
  ['account_id', 'INT NOT NULL', `${draw('account')} % 2000000`],
  ['shop_id', 'INT UNSIGNED NOT NULL', draw('shop')],
  ['parent_id', 'BIGINT NULL', sometimes(`CAST(${draw64('parent')} >> 1 AS SIGNED)`, 'parent', 3)],
  // dlt's pyarrow backend ends at 2^63, and every peer is to be able to read the table
  ['external_id', 'BIGINT UNSIGNED NOT NULL', `${draw64('external')} >> 1`],
  ['balance_cents', 'BIGINT NOT NULL', `CAST(${draw64('balance')} >> 20 AS SIGNED) - 8796093022208`],
  ['position', 'SMALLINT NOT NULL', `CAST(${draw('position')} % 65536 AS SIGNED) - 32768`],
  ['stock', 'SMALLINT UNSIGNED NULL', sometimes(`${draw('stock')} % 65536`, 'stock', 10)],
  ['weight_g', 'MEDIUMINT NOT NULL', `${draw('weight')} % 8000000`],
  ['rating', 'TINYINT NULL', sometimes(`${draw('rating')} % 6`, 'rating', 4)],
  ['is_gift', 'TINYINT(1) NOT NULL', `${draw('gift')} % 2`],
  ['retries', 'TINYINT UNSIGNED NOT NULL', `${draw('retries')} % 256`],
]
const AMOUNTS: MadeTable['columns'] = [
  ['price', 'DECIMAL(10,2) NOT NULL', decimal(9, 'price', 2)],
  ['freight', 'DECIMAL(10,2) NULL', sometimes(decimal(6, 'freight', 2), 'freight', 5)],
  ['tax', 'DECIMAL(12,4) NOT NULL', decimal(10, 'tax', 4)],
  ['rate', 'DECIMAL(18,6) NOT NULL', decimal(17, 'rate', 6)],
  ['lat', 'DECIMAL(17,14) NOT NULL', decimal(16, 'lat', 14)],
  ['lng', 'DECIMAL(17,14) NULL', sometimes(decimal(16, 'lng', 14), 'lng', 20)],
  ['fee', 'DECIMAL(28,8) NOT NULL', decimal(19, 'fee', 8)],
  ['score', 'DOUBLE NOT NULL', `${draw('score')} / 4294.967296e0 * SIN(n)`],
  ['probability', 'DOUBLE NULL', sometimes(`${draw('probability')} / 4294967296e0`, 'probability', 8)],
  ['distance_km', 'DOUBLE NOT NULL', `SQRT(${draw('distance')})`],
]
const MOMENTS: MadeTable['columns'] = [
  ['created_at', 'DATETIME NOT NULL', moment('created')],
  ['approved_at', 'DATETIME NULL', sometimes(moment('approved'), 'approved', 6)],
  [
    'shipped_at',
    'DATETIME(6) NULL',
    sometimes(`${moment('shipped')} + INTERVAL ${draw('us')} % 1000000 MICROSECOND`, 'shipped', 4),
  ],
  ['updated_at', 'TIMESTAMP(6) NOT NULL', `${moment('updated')} + INTERVAL ${draw('us2')} % 1000000 MICROSECOND`],
  ['due_on', 'DATE NOT NULL', `DATE('2015-01-01') + INTERVAL ${draw('due')} % 3650 DAY`],
  ['birth_on', 'DATE NULL', sometimes(`DATE('1930-01-01') + INTERVAL ${draw('birth')} % 30000 DAY`, 'birth', 5)],
]
const TEXTS: MadeTable['columns'] = [
  [
    'uuid',
    'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL',
    `INSERT(INSERT(INSERT(INSERT(MD5(CONCAT(n, 'uuid')), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-')`,
  ],
  ['hash', 'CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL', `MD5(CONCAT(n, 'hash'))`],
  ['country', 'CHAR(2) NOT NULL', oneOf('country', ['BR', 'AR', 'CL', 'UY', 'PT'])],
  ['city', 'VARCHAR(100) NOT NULL', oneOf('city', CITIES)],
  ['customer', 'VARCHAR(60) NOT NULL', `CONCAT(${word('first', 10)}, ' ', ${word('last', 16)})`],
  ['email', 'VARCHAR(120) NULL', sometimes(`CONCAT(${word('mail', 12)}, '@', ${word('host', 8)}, '.com')`, 'email', 7)],
  ['note', 'VARCHAR(255) NULL', sometimes(`CONCAT(MD5(n), ' – ', ${word('note', 30)})`, 'note', 2)],
  ['sku', 'VARCHAR(24) NOT NULL', `CONCAT('SKU-', LPAD(${draw('sku')} % 100000, 6, '0'))`],
  ['reference', 'VARCHAR(40) NOT NULL', `CONCAT(n, '-', ${word('reference', 12)})`],
  ['empty_or_not', 'VARCHAR(20) NOT NULL', `IF(${draw('empty')} % 3 = 0, '', ${word('full', 20)})`],
  ['status', `ENUM(${STATUSES.map((each) => `'${each}'`).join(',')}) NOT NULL`, oneOf('status', STATUSES)],
  [
    'currency',
    `ENUM(${CURRENCIES.map((each) => `'${each}'`).join(',')}) NULL`,
    sometimes(oneOf('currency', CURRENCIES), 'currency', 9),
  ],
]

/** 40 columns of all kinds that every peer can read, nullable ones among them. */
export const wideTable = (rows: number): MadeTable => ({
  name: 'wide',
  rows,
  columns: [...NUMBERS, ...AMOUNTS, ...MOMENTS, ...TEXTS],
})

/** How many paragraphs texts are put together from; each has about 200 bytes, and a text ten of them. */
export const PARAGRAPHS = 200_000
const paragraph = (i: number) => `(SELECT body FROM paragraphs WHERE id = ${draw(`p${i}`)} % ${PARAGRAPHS})`

/** Rows of 2 KB of text, written with words rather than noise. */
export const textTable = (rows: number): MadeTable => ({
  name: 'texts',
  rows,
  columns: [
    ['id', 'BIGINT UNSIGNED NOT NULL', 'n'],
    ['body', 'TEXT NOT NULL', `CONCAT_WS(' ', ${Array.from({ length: 10 }, (_, i) => paragraph(i)).join(', ')})`],
  ],
})

/** Narrow rows with a key, in tables of several sizes. */
export const growthTable = (name: string, rows: number): MadeTable => ({
  name,
  rows,
  columns: [
    ['id', 'BIGINT UNSIGNED NOT NULL', 'n'],
    ['account_id', 'INT NOT NULL', `${draw('account')} % 2000000`],
    ['amount', 'DECIMAL(12,2) NOT NULL', decimal(9, 'amount', 2)],
    ['happened_at', 'DATETIME NOT NULL', moment('happened')],
    ['status', 'VARCHAR(12) NOT NULL', oneOf('status', STATUSES)],
  ],
})

/** CREATE TABLE for a made table; every one has `id` as its primary key. */
export const createSql = ({ name, columns }: MadeTable): string =>
  `CREATE TABLE ${name} (\n${columns.map(([column, type]) => `  ${column} ${type}`).join(',\n')},\n  PRIMARY KEY (id)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`

/** INSERT of the rows `from < n <= to`, out of the table `numbers`. */
export const fillSql = ({ name, columns }: MadeTable, from: number, to: number): string =>
  `INSERT INTO ${name} SELECT ${columns.map(([, , value]) => value).join(', ')} FROM numbers WHERE n > ${from} AND n <= ${to} ORDER BY n`
