import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  foldColumns,
  foldName,
  quoteSnowflake,
  quoteTarget,
  quoteText,
  quoteTextOrNull,
  stageReference,
  tableNameProblems,
} from '../../../../lib/warehouses/snowflake/quote.ts'

test('names keep their spelling between quotes', () => {
  assert.equal(quoteSnowflake('Order "id"'), '"Order ""id"""')
  assert.equal(quoteTarget({ database: 'FIRN', schema: 'RAW', table: 'ORDERS' }), '"FIRN"."RAW"."ORDERS"')
  for (const name of ['', 'x'.repeat(256), 'a\0b']) assert.throws(() => quoteSnowflake(name), { name: 'RefusedError' })
})

test('texts: a backslash is an escape in Snowflake', () => {
  assert.equal(quoteText("it's \\n"), "'it''s \\\\n'")
  assert.equal(quoteTextOrNull(null), 'NULL')
})

test('stages are quoted only where they must be', () => {
  assert.equal(stageReference('FIRN', '_FIRN', 'LAKE'), '@FIRN._FIRN.LAKE')
  assert.equal(stageReference('my-db', '_FIRN', 'LAKE'), '@"my-db"._FIRN.LAKE')
})

test('names are folded to what needs no quotes', () => {
  const folded = ['product_name_lenght', 'orderId', 'preço', 'gift wrap', '2nd', 'naïve–dash', 'købt', '❤️'].map(
    foldName,
  )
  assert.deepEqual(folded, [
    ...['PRODUCT_NAME_LENGHT', 'ORDERID', 'PRECO', 'GIFT_WRAP', '_2ND', 'NAIVE_DASH', 'K_BT', '_'],
  ])
})

test('letters of other scripts are their code points, so that names of one length stay apart', () => {
  assert.equal(foldName('姓名'), 'U59D3_U540D')
  assert.equal(foldName('id订单2'), 'ID_U8BA2_U5355_2')
  assert.equal(foldName('𠮷'), 'U20BB7')
  assert.equal(foldName('ЗАКАЗ'), foldName('заказ'), 'case tells no names apart')
  assert.equal(foldName('한'), 'UD55C', 'a syllable is one letter, however it is composed')
  assert.equal(foldName('한'.normalize('NFD')), 'UD55C')
  const names = [
    ...[
      '姓名',
      '地址',
      '姓_名',
      'заказы',
      'товары',
      'мой',
      'мои',
      'が',
      'か',
      'की',
      'कु',
      '電話①',
      '電話②',
      '単価Ａ',
      '単価Ｂ',
    ],
    ...['id订', 'id_订', '订_id', '订id', '表١', '表٢'],
  ]
  assert.equal(new Set(names.map(foldName)).size, names.length)
  assert.deepEqual(tableNameProblems(names), [])
  assert.deepEqual([...foldColumns('t', ['姓名', '地址']).values()], ['U59D3_U540D', 'U5730_U5740'])
})

test('a name that its code points make too long is cut, and a digest keeps it apart', () => {
  const [one, other] = ['数'.repeat(64), `${'数'.repeat(63)}字`]
  assert.deepEqual(tableNameProblems([one, other]), [])
  assert.match(foldName(one), /^(U6570_){31}U_[0-9A-F]{12}$/)
  assert.equal(foldName(one).length, 200)
})

test('two columns that would become one are refused by name, and so are names of ours', () => {
  assert.deepEqual(
    foldColumns('t', ['a', 'b c']),
    new Map([
      ['a', 'A'],
      ['b c', 'B_C'],
    ]),
  )
  assert.throws(() => foldColumns('orders', ['gift wrap', 'gift_wrap']), {
    name: 'RefusedError',
    message: /"gift wrap" and "gift_wrap" of orders would both be GIFT_WRAP/,
  })
  assert.throws(() => foldColumns('orders', ['_firn_run_id']), { name: 'RefusedError', message: /_FIRN_RUN_ID/ })
})

test('tables whose names would clash, be ours, or be too long for what is named after them', () => {
  assert.deepEqual(tableNameProblems(['orders', 'order', 'Größe', 'n'.repeat(64)]), [])
  assert.match(tableNameProblems(['a b', 'A-B']).join(), /"a b" and "A-B" would both be A_B/)
  assert.match(tableNameProblems(['_firn_x']).join(), /names in _FIRN_ are kept for the pipeline/)
  assert.match(tableNameProblems(['x'.repeat(201)]).join(), /201 characters in Snowflake: at most 200/)
})

test('a column that would be too long is refused by name', () =>
  assert.throws(() => foldColumns('t', ['ok', 'x'.repeat(256)]), { name: 'RefusedError', message: /256 characters/ }))
