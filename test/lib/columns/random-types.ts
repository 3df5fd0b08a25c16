/** Any value that a server keeps, of every type, as SQL literals. */
import fc from 'fast-check'

const hex = (bytes: Uint8Array) => `x'${Buffer.from(bytes).toString('hex')}'`
const utf8 = (text: string) => `CONVERT(${hex(Buffer.from(text))} USING utf8mb4)`
const whole = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map(String)
const padded = (value: number, length: number) => String(value).padStart(length, '0')

const decimal = (precision: number, scale: number) =>
  whole(-(10n ** BigInt(precision)) + 1n, 10n ** BigInt(precision) - 1n).map((digits) => {
    const sign = digits.startsWith('-') ? '-' : ''
    const all = digits.replace('-', '').padStart(scale + 1, '0')
    return `${sign}${all.slice(0, -scale)}.${all.slice(-scale)}`
  })

/** Any date that the server keeps, those of no calendar among them. */
const date = fc
  .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 31 }))
  .filter(([, month, day]) => ![4, 6, 9, 11].includes(month) || day < 31)
  .map(([year, month, day]) => `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`)

const clock = fc
  .integer({ min: 0, max: 86_399_999_999 })
  .map((micros) => `${new Date(micros / 1000).toISOString().slice(11, 19)}.${padded(micros % 1_000_000, 6)}`)

/** A column's name → its declaration, and literals of it. */
export const RANDOM_TYPES: Record<string, [declaration: string, literal: fc.Arbitrary<string>]> = {
  t: ['TINYINT', whole(-128n, 127n)],
  m: ['MEDIUMINT UNSIGNED', whole(0n, 16_777_215n)],
  i: ['INT', whole(-(2n ** 31n), 2n ** 31n - 1n)],
  iu: ['INT UNSIGNED ZEROFILL', whole(0n, 2n ** 32n - 1n)],
  b: ['BIGINT', whole(-(2n ** 63n), 2n ** 63n - 1n)],
  bu: ['BIGINT UNSIGNED', whole(0n, 2n ** 64n - 1n)],
  y: ['YEAR', fc.integer({ min: 1901, max: 2155 }).map(String)],
  d9: ['DECIMAL(9,4)', decimal(9, 4)],
  d18: ['DECIMAL(18,17)', decimal(18, 17)],
  d38: ['DECIMAL(38,19)', decimal(38, 19)],
  d65: ['DECIMAL(65,30)', decimal(65, 30)],
  f: ['FLOAT', fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => `'${value}'`)],
  d: ['DOUBLE', fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `'${value}'`)],
  b1: ['BIT(1)', fc.integer({ min: 0, max: 1 }).map(String)],
  b33: ['BIT(33)', whole(0n, 2n ** 33n - 1n)],
  b64: ['BIT(64)', whole(0n, 2n ** 64n - 1n)],
  da: ['DATE', date.map((day) => `'${day}'`)],
  dt: ['DATETIME(6)', fc.tuple(date, clock).map(([day, time]) => `'${day} ${time}'`)],
  d3: ['DATETIME(3)', fc.tuple(date, clock).map(([day, time]) => `'${day} ${time.slice(0, -3)}'`)],
  ts: [
    'TIMESTAMP(6) NULL',
    fc
      .tuple(fc.integer({ min: 1, max: 2 ** 31 - 2 }), fc.integer({ min: 0, max: 999_999 }))
      .map(([seconds, micros]) => `FROM_UNIXTIME(${seconds}.${padded(micros, 6)})`),
  ],
  ti: [
    'TIME(6)',
    fc
      .tuple(fc.constantFrom('', '-'), fc.integer({ min: 0, max: 837 }), clock)
      .map(([sign, hours, time]) => `'${sign}${padded(hours, 2)}${time.slice(2)}'`),
  ],
  tx: ['LONGTEXT', fc.string({ unit: 'binary', maxLength: 300 }).map(utf8)],
  vc: ['VARCHAR(40)', fc.string({ unit: 'grapheme', maxLength: 10 }).map(utf8)],
  la: ['VARCHAR(80) CHARACTER SET latin1', fc.uint8Array({ maxLength: 80 }).map((bytes) => `_latin1 ${hex(bytes)}`)],
  u16: ['TEXT CHARACTER SET utf16', fc.string({ unit: 'binary', maxLength: 60 }).map(utf8)],
  js: ['JSON', fc.json().map(utf8)],
  se: ["SET('a','b','c','d')", fc.integer({ min: 0, max: 15 }).map(String)],
  en: ["ENUM('x','','é')", fc.integer({ min: 1, max: 3 }).map(String)],
  vb: ['VARBINARY(80)', fc.uint8Array({ maxLength: 80 }).map(hex)],
  bl: ['BLOB', fc.uint8Array({ maxLength: 2000 }).map(hex)],
  po: [
    'GEOMETRY',
    fc.tuple(...[0, 1].map(() => fc.double({ noNaN: true, noDefaultInfinity: true }))).map(([x, y]) => {
      const point = Buffer.alloc(21)
      point.writeUInt8(1)
      point.writeUInt32LE(1, 1)
      point.writeDoubleLE(x!, 5)
      point.writeDoubleLE(y!, 13)
      return `ST_GeomFromWKB(${hex(point)}, 3857)`
    }),
  ],
}
