import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { literalSql, quoteMysql, quoteText } from '../../../../lib/sources/mysql/quote.ts'

/** Reads a quoted name as the server's lexer does: a doubled quote is one of the name, a single one ends it. */
const unquoted = (sql: string, quote: string, escapes: boolean): { name: string; rest: string } => {
  assert.equal(sql[0], quote)
  let name = ''
  for (let i = 1; i < sql.length; i++) {
    if (escapes && sql[i] === '\\') name += sql[++i]
    else if (sql[i] !== quote) name += sql[i]
    else if (sql[i + 1] === quote) name += sql[++i]
    else return { name, rest: sql.slice(i + 1) }
  }
  throw new Error('the quote does not end')
}

test('any identifier survives quoting, and nothing of it gets out', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) =>
      assert.deepEqual(unquoted(quoteMysql(name), '`', false), { name, rest: '' }),
    ),
  ))

test('any text survives quoting, and nothing of it gets out', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("'", '\\', 'a', '`', '\0', '🚀', '%') }), (text) =>
      assert.deepEqual(unquoted(quoteText(text), "'", true), { name: text, rest: '' }),
    ),
  ))

test('a bound that is not of its type never reaches the SQL', () => {
  const column = (type: string) => ({ name: 'c', type, nullable: false })
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom('int', 'decimal(10,2)', 'date', 'datetime(6)', 'binary(4)'),
      (text, type) => {
        fc.pre(!/^[-0-9.A-F: ]*$/.test(text))
        assert.throws(() => literalSql(column(type), text), /bound of column c/)
      },
    ),
  )
  for (const [type, text] of [
    ['int', '1 OR 1=1'],
    ['date', '2017-01-01 00:00:00'],
    ['datetime', "2017-01-01' OR '"],
    ['binary(4)', 'ABC'],
  ] as const)
    assert.throws(() => literalSql(column(type), text), /bound of column c/)
  assert.throws(() => literalSql(column('double'), '1'), /cannot be compared exactly/)
})
