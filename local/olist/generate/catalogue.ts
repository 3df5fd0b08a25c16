/** What is sold, and by whom: products, and the English names of their categories. */
import { TRANSLATIONS } from '../categories.ts'
import { hexKeySql, quantileSql, sellerIdSql, shuffledSql, skewedSql, weightedSql } from '../draw.ts'
import { buildingName } from '../tables.ts'
import { NUMBERS } from './numbers.ts'
import { type Generation, type Step, valuesSql } from './step.ts'

/** Products by how well they sell, from 0: `rank_, product_id, seller_id, cents, weight`. */
export const PRODUCTS = 'work_products'

const CATEGORY_TABLE = 'work_categories'

/** Prices in cents by how many in 1,000 are below; weights in grams likewise. From the real data's quantiles. */
const CENTS: [number, number][] = [
  [0, 85],
  [10, 1000],
  [100, 2370],
  [250, 3990],
  [500, 7499],
  [750, 13_490],
  [900, 22_980],
  [950, 34_990],
  [990, 89_000],
  [999, 219_900],
  [1000, 673_500],
]
const GRAMS: [number, number][] = [
  [0, 0],
  [10, 50],
  [250, 300],
  [500, 700],
  [750, 1900],
  [900, 6850],
  [990, 22_000],
  [1000, 40_425],
]
/** Out of 20 prices: most end in 90 or 99 centavos. */
const ENDINGS: [number, number][] = [
  [90, 10],
  [99, 6],
  [0, 2],
  [49, 1],
  [50, 1],
]
const PHOTOS: [number, number][] = [
  [1, 51],
  [2, 19],
  [3, 12],
  [4, 8],
  [5, 5],
  [6, 3],
  [7, 1],
  [12, 1],
]

/** Products without a category have no texts and photos either; two in 32,951 have no measures. */
const productsSql = ({ seed, shape, draw }: Generation) => {
  const described = (value: string) => `IF(category IS NULL, NULL, ${value})`
  const measured = (value: string) => `IF(${draw('measured', 'i')} % 16000 = 0, NULL, ${value})`
  return `INSERT INTO ${buildingName('products')}
SELECT ${hexKeySql(seed, 'product', 'i')}, category,
  ${described(`5 + ${draw('name', 'i')} % 30 + ${draw('longer name', 'i')} % 31`)},
  ${described(
    `4 + ${quantileSql(draw('description', 'i'), [
      [0, 0],
      [250, 335],
      [500, 591],
      [750, 968],
      [990, 3276],
      [1000, 3988],
    ])}`,
  )},
  ${described(weightedSql(draw('photos', 'i'), PHOTOS))},
  ${measured(quantileSql(draw('grams', 'i'), GRAMS))},
  ${measured(`7 + ${draw('length', 'i')} % 32 + (${draw('long', 'i')} % 5 = 0) * (${draw('longer', 'i')} % 67)`)},
  ${measured(`2 + ${draw('height', 'i')} % 21 + (${draw('high', 'i')} % 5 = 0) * (${draw('higher', 'i')} % 83)`)},
  ${measured(`6 + ${draw('width', 'i')} % 26 + (${draw('wide', 'i')} % 5 = 0) * (${draw('wider', 'i')} % 87)`)}
FROM (
  SELECT n.n AS i, c.name AS category
  FROM ${CATEGORY_TABLE} AS c JOIN ${NUMBERS} AS n ON n.n BETWEEN c.first AND c.first + c.size - 1
  WHERE n.n < ${shape.rows.products}
) AS products
ORDER BY 1`
}

const ranksSql = ({ seed, shape, draw }: Generation) => `INSERT INTO ${PRODUCTS}
SELECT ${shuffledSql(seed, 'popular', 'i', shape.rows.products)}, ${hexKeySql(seed, 'product', 'i')},
  ${sellerIdSql(seed, skewedSql(draw('sold by', 'i'), shape.rows.sellers))},
  IF(cents < 300, cents, cents - cents % 100 + ${weightedSql(draw('ending', 'i'), ENDINGS)}), grams
FROM (
  SELECT n AS i, ${quantileSql(draw('cents', 'n'), CENTS)} AS cents, ${quantileSql(draw('grams', 'n'), GRAMS)} AS grams
  FROM ${NUMBERS} WHERE n < ${shape.rows.products}
) AS priced`

/** Makes products and translations. Needs numbers. */
export const catalogueSteps = (generation: Generation): Step[] => [
  {
    fills: 'product_category_name_translation',
    sql: valuesSql(buildingName('product_category_name_translation'), TRANSLATIONS),
  },
  {
    sql: `CREATE TEMPORARY TABLE ${CATEGORY_TABLE} (first INT NOT NULL, size INT NOT NULL, name VARCHAR(100) NULL)
  DEFAULT CHARSET=utf8mb4`,
  },
  {
    sql: valuesSql(
      CATEGORY_TABLE,
      generation.shape.categories.map(({ first, size, name }) => [first, size, name]),
    ),
  },
  { fills: 'products', sql: productsSql(generation) },
  {
    sql: `CREATE TEMPORARY TABLE ${PRODUCTS} (rank_ INT NOT NULL PRIMARY KEY,
  product_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seller_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, cents INT NOT NULL, grams INT NOT NULL)`,
  },
  { sql: ranksSql(generation) },
]
