/** The nine Olist tables, once: the generator and the import of the Kaggle files both build what is written here. */

export const TABLE_NAMES = [
  'customers',
  'geolocation',
  'sellers',
  'products',
  'product_category_name_translation',
  'orders',
  'order_items',
  'order_payments',
  'order_reviews',
] as const

/** Parents come before their children. */
export type TableName = (typeof TABLE_NAMES)[number]

/** `type` is the SQL type without NULL or DEFAULT, in lower case. */
export type OlistColumn = { name: string; type: string; nullable: boolean }

export type OlistTable = {
  name: TableName
  /** The Kaggle file; its header is the columns in this order, less `updated_at`. */
  file: string
  columns: OlistColumn[]
  /** Empty: rows may be there twice. */
  key: string[]
  /** Columns with an index of their own; those of foreign keys have one too. */
  indexes: string[]
  parents: { column: string; table: TableName }[]
}

/** The cursor of the tables that change. The server keeps it; it is no part of the Kaggle files. */
export const CURSOR = 'updated_at'

const HEX = 'char(32) character set ascii collate ascii_bin'
const ZIP = 'char(5)'
const CITY = 'varchar(100)'
const STATE = 'char(2)'
const MONEY = 'decimal(10,2)'
const DEGREES = 'decimal(17,14)'
const CATEGORY = 'varchar(100)'

const column = (name: string, type: string, nullable = false): OlistColumn => ({ name, type, nullable })
const maybe = (name: string, type: string) => column(name, type, true)
const cursor = column(CURSOR, 'timestamp(6)')

type Rest = Partial<Pick<OlistTable, 'key' | 'indexes' | 'parents'>>

const table = (name: TableName, columns: OlistColumn[], rest: Rest = {}): OlistTable => ({
  name,
  file: name === 'product_category_name_translation' ? `${name}.csv` : `olist_${name}_dataset.csv`,
  columns,
  key: [],
  indexes: columns.includes(cursor) ? [CURSOR] : [],
  parents: [],
  ...rest,
})

/** The tables by name, in the order they are filled. Columns, names and their two misspellings are Olist's own. */
export const TABLES: Record<TableName, OlistTable> = {
  customers: table(
    'customers',
    [
      column('customer_id', HEX),
      column('customer_unique_id', HEX),
      column('customer_zip_code_prefix', ZIP),
      column('customer_city', CITY),
      column('customer_state', STATE),
    ],
    { key: ['customer_id'] },
  ),
  geolocation: table('geolocation', [
    column('geolocation_zip_code_prefix', ZIP),
    column('geolocation_lat', DEGREES),
    column('geolocation_lng', DEGREES),
    column('geolocation_city', CITY),
    column('geolocation_state', STATE),
  ]),
  sellers: table(
    'sellers',
    [
      column('seller_id', HEX),
      column('seller_zip_code_prefix', ZIP),
      column('seller_city', CITY),
      column('seller_state', STATE),
    ],
    { key: ['seller_id'] },
  ),
  products: table(
    'products',
    [
      column('product_id', HEX),
      maybe('product_category_name', CATEGORY),
      maybe('product_name_lenght', 'int'),
      maybe('product_description_lenght', 'int'),
      maybe('product_photos_qty', 'int'),
      maybe('product_weight_g', 'int'),
      maybe('product_length_cm', 'int'),
      maybe('product_height_cm', 'int'),
      maybe('product_width_cm', 'int'),
    ],
    { key: ['product_id'] },
  ),
  product_category_name_translation: table(
    'product_category_name_translation',
    [column('product_category_name', CATEGORY), column('product_category_name_english', CATEGORY)],
    { key: ['product_category_name'] },
  ),
  orders: table(
    'orders',
    [
      column('order_id', HEX),
      column('customer_id', HEX),
      column('order_status', 'varchar(20)'),
      column('order_purchase_timestamp', 'datetime'),
      maybe('order_approved_at', 'datetime'),
      maybe('order_delivered_carrier_date', 'datetime'),
      maybe('order_delivered_customer_date', 'datetime'),
      column('order_estimated_delivery_date', 'datetime'),
      cursor,
    ],
    { key: ['order_id'], parents: [{ column: 'customer_id', table: 'customers' }] },
  ),
  order_items: table(
    'order_items',
    [
      column('order_id', HEX),
      column('order_item_id', 'int'),
      column('product_id', HEX),
      column('seller_id', HEX),
      column('shipping_limit_date', 'datetime'),
      column('price', MONEY),
      column('freight_value', MONEY),
      cursor,
    ],
    {
      key: ['order_id', 'order_item_id'],
      parents: [
        { column: 'order_id', table: 'orders' },
        { column: 'product_id', table: 'products' },
        { column: 'seller_id', table: 'sellers' },
      ],
    },
  ),
  order_payments: table(
    'order_payments',
    [
      column('order_id', HEX),
      column('payment_sequential', 'int'),
      column('payment_type', 'varchar(20)'),
      column('payment_installments', 'int'),
      column('payment_value', MONEY),
      cursor,
    ],
    { key: ['order_id', 'payment_sequential'], parents: [{ column: 'order_id', table: 'orders' }] },
  ),
  order_reviews: table(
    'order_reviews',
    [
      column('review_id', HEX),
      column('order_id', HEX),
      column('review_score', 'int'),
      maybe('review_comment_title', 'varchar(255)'),
      maybe('review_comment_message', 'text'),
      column('review_creation_date', 'datetime'),
      column('review_answer_timestamp', 'datetime'),
      cursor,
    ],
    { key: ['review_id', 'order_id'], parents: [{ column: 'order_id', table: 'orders' }] },
  ),
}

/** The key of a table that others refer to: one column. */
export const parentKey = (name: TableName): string => TABLES[name].key[0]!

/** What a table is called while it is being built, and while it waits to be dropped. */
export const buildingName = (name: TableName): string => `${name}__building`
export const leavingName = (name: TableName): string => `${name}__leaving`

const quoted = (names: string[]) => names.map((name) => `\`${name}\``).join(', ')

const columnSql = ({ name, type, nullable }: OlistColumn) => {
  const kept = name === CURSOR ? ' DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)' : ''
  return `  \`${name}\` ${type} ${nullable ? 'NULL' : 'NOT NULL'}${kept}`
}

/** CREATE TABLE under the name it has while it is built: columns and primary key, which rows are inserted in order of. */
export const createSql = ({ name, columns, key }: OlistTable): string =>
  `CREATE TABLE \`${buildingName(name)}\` (
${[...columns.map(columnSql), ...(key.length ? [`  PRIMARY KEY (${quoted(key)})`] : [])].join(',\n')}
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`

/**
 * ALTER TABLE for the keys that are cheaper to add to the rows that are there; null when a table has none. With
 * foreign_key_checks off the server adds foreign keys in place and believes the rows, so whoever fills the table answers
 * for them. The constraints have no names: the server's own follow the table when it is renamed.
 */
export const keysSql = ({ name, key, indexes, parents }: OlistTable): string | null => {
  const indexed = parents.map(({ column: child }) => child).filter((child) => child !== key[0])
  const parts = [
    ...[...indexes, ...indexed].map((each) => `  ADD KEY \`${each}\` (\`${each}\`)`),
    ...parents.map(
      ({ column: child, table: parent }) =>
        `  ADD FOREIGN KEY (\`${child}\`) REFERENCES \`${buildingName(parent)}\` (\`${parentKey(parent)}\`)`,
    ),
  ]
  return parts.length ? `ALTER TABLE \`${buildingName(name)}\`\n${parts.join(',\n')}` : null
}
