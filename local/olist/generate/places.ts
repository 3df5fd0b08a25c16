/** Places, one for every prefix of a postal code, and who is there: sellers, customers, and the points of geolocation. */
import { CITIES, STATES, unaccented } from '../cities.ts'
import { customerIdSql, hexKeySql, inLayerSql, sellerIdSql, shuffledSql, skewedSql } from '../draw.ts'
import { buildingName } from '../tables.ts'
import { FEW, NUMBERS, numbersSteps } from './numbers.ts'
import { type Generation, type Step, valuesSql } from './step.ts'

/** Numbered by postal code from 0: `i, zip, city, accented, state, latitude, longitude`. */
const PLACES = 'work_places'

const CITY_TABLE = 'work_cities'

/** A postal code has from LEAST to LEAST + SPREAD − 1 parts of the points. */
const LEAST = 5
const SPREAD = 96

/** A point is up to 0.0216 degrees from its place, a place up to 0.06 from the middle of its city: 2³² of these units. */
const POINT_UNIT = '0.00000000001007'
const PLACE_UNIT = '0.00000000002819'
const HALF_DEGREES = '0.08225000000000'

/** A city's part of its state's codes, in the order of its number. */
const zipSpans = (seen: Map<string, number>) =>
  CITIES.map(({ state, share }) => {
    const { firstZip, lastZip } = STATES.find((each) => each.state === state)!
    const codes = lastZip - firstZip + 1
    const before = seen.get(state) ?? 0
    seen.set(state, before + share)
    const first = firstZip + Math.floor(codes * before)
    return { firstZip: first, codes: firstZip + Math.floor(codes * (before + share) + 1e-9) - first }
  })

const cityRows = ({ shape }: Generation) => {
  const zips = zipSpans(new Map())
  return CITIES.map(({ name, state, latitude, longitude }, i) => {
    const { first, size } = shape.cities[i]!
    const { firstZip, codes } = zips[i]!
    return [first, size, firstZip, codes, unaccented(name), name, state, latitude, longitude]
  }).filter(([, size]) => size !== 0)
}

const placesSql = ({ draw }: Generation) => {
  const degrees = (axis: string) => `${axis} + ${draw(axis, 'i')} * ${PLACE_UNIT} - ${HALF_DEGREES}`
  return `INSERT INTO ${PLACES}
SELECT i, LPAD(first_zip + (i - first) * codes DIV size, 5, '0'), city, accented, state,
  ${degrees('latitude')}, ${degrees('longitude')}
FROM (
  SELECT n.n AS i, c.first, c.size, c.first_zip, c.codes, c.city, c.accented, c.state, c.latitude, c.longitude
  FROM ${CITY_TABLE} AS c JOIN ${NUMBERS} AS n ON n.n BETWEEN c.first AND c.first + c.size - 1
) AS placed`
}

const placesSteps = (generation: Generation): Step[] => [
  {
    sql: `CREATE TEMPORARY TABLE ${CITY_TABLE} (first INT NOT NULL, size INT NOT NULL, first_zip INT NOT NULL,
  codes INT NOT NULL, city VARCHAR(100) NOT NULL, accented VARCHAR(100) NOT NULL, state CHAR(2) NOT NULL,
  latitude DECIMAL(17,14) NOT NULL, longitude DECIMAL(17,14) NOT NULL) DEFAULT CHARSET=utf8mb4`,
  },
  { sql: valuesSql(CITY_TABLE, cityRows(generation)) },
  {
    sql: `CREATE TEMPORARY TABLE ${PLACES} (i INT NOT NULL PRIMARY KEY, zip CHAR(5) NOT NULL, city VARCHAR(100) NOT NULL,
  accented VARCHAR(100) NOT NULL, state CHAR(2) NOT NULL, latitude DECIMAL(17,14) NOT NULL, longitude DECIMAL(17,14) NOT NULL)
  DEFAULT CHARSET=utf8mb4`,
  },
  { sql: placesSql(generation) },
]

/** Parts of all places together, and most of one: a shuffle gives each number below `places` once. */
const partsOf = ({ shape: { places } }: Generation) => {
  const parts = Array.from({ length: places }, (_, i) => LEAST + (i % SPREAD))
  return { whole: parts.reduce((sum, each) => sum + each, 0), most: LEAST + Math.min(places, SPREAD) - 1 }
}

/** Points beyond the first of each place. */
const restOf = ({ shape }: Generation) => shape.rows.geolocation - shape.places

/** Every place once, the rest by its parts: cut off a running total, so that they add up exactly. */
const pointsSql = (generation: Generation) => {
  const { seed, shape } = generation
  const share = (upTo: string) => `(${upTo}) * ${restOf(generation)} DIV ${partsOf(generation).whole}`
  return `SELECT p.*, 1 + ${share('up_to')} - ${share('up_to - parts')} AS points
  FROM (
    SELECT w.*, CAST(SUM(parts) OVER (ORDER BY i) AS SIGNED) AS up_to
    FROM (SELECT q.*, ${LEAST} + ${shuffledSql(seed, 'points', 'i', shape.places)} % ${SPREAD} AS parts FROM ${PLACES} AS q) AS w
  ) AS p`
}

const mostPoints = (generation: Generation) => {
  const { whole, most } = partsOf(generation)
  return 2 + Math.ceil((restOf(generation) * most) / whole)
}

/** Every fourth point is an exact copy of the one before, as in the real data a quarter of the rows are; 2 in 5 write accents. */
const geolocationSql = ({ draw }: Generation) => {
  const point = "CONCAT_WS(':', i, j)"
  const degrees = (axis: string) => `${axis} + (${draw(axis, point)} - 2147483648) * ${POINT_UNIT}`
  return `INSERT INTO ${buildingName('geolocation')}
SELECT zip, ${degrees('latitude')}, ${degrees('longitude')}, IF((i + j) % 5 < 2, accented, city), state
FROM (
  SELECT p.i, p.zip, p.city, p.accented, p.state, p.latitude, p.longitude, f.n - (f.n % 4 = 3) AS j
  FROM work_points AS p JOIN ${FEW} AS f ON f.n < p.points
) AS points`
}

const geolocationSteps = (generation: Generation): Step[] => [
  ...numbersSteps(FEW, mostPoints(generation)),
  { sql: `CREATE TEMPORARY TABLE work_points AS ${pointsSql(generation)}` },
  { fills: 'geolocation', sql: geolocationSql(generation) },
]

/** Most sellers are in São Paulo: the first places are. Some write their city's accents. */
const sellersSql = ({ seed, shape, draw }: Generation) => `INSERT INTO ${buildingName('sellers')}
SELECT ${sellerIdSql(seed, 'n.n')}, p.zip, IF(${draw('accent', 'n.n')} % 40 = 0, p.accented, p.city), p.state
FROM ${NUMBERS} AS n JOIN ${PLACES} AS p ON p.i = ${skewedSql(draw('seller place', 'n.n'), shape.places)}
WHERE n.n < ${shape.rows.sellers}
ORDER BY 1`

/** Every order has a customer of its own; behind it is a person, who stays in one place. */
const customersSql = ({ seed, shape, draw }: Generation) => {
  const person = inLayerSql(shuffledSql(seed, 'person', 'n', shape.orders), shape.personLayers)
  return `INSERT INTO ${buildingName('customers')}
SELECT ${customerIdSql(seed, 'q')}, ${hexKeySql(seed, 'person', 'person')}, p.zip, p.city, p.state
FROM (SELECT n AS q, ${person} AS person FROM ${NUMBERS} WHERE n < ${shape.orders}) AS customers
JOIN ${PLACES} AS p ON p.i = ${draw('home', 'person')} % ${shape.places}
ORDER BY 1`
}

/** Makes everything that is somewhere: customers, sellers and geolocation. Needs nothing of the other tables. */
export const placedSteps = (generation: Generation): Step[] => {
  const { rows, places } = generation.shape
  return [
    ...numbersSteps(NUMBERS, Math.max(rows.customers, rows.sellers, places)),
    ...placesSteps(generation),
    { fills: 'sellers', sql: sellersSql(generation) },
    { fills: 'customers', sql: customersSql(generation) },
    ...geolocationSteps(generation),
  ]
}
