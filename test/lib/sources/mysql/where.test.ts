import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whereSql, whyItLeaves } from '../../../../lib/sources/mysql/where.ts'

const STAYS = [
  'a = 1',
  "name = 'it''s; (-- # /* \" `'",
  "name = '\\' OR 1=1 -- '",
  'name = "a\\"; )" AND `odd ``)# name` > 3',
  '(a = 1 OR (b = 2)) AND c IN (SELECT id FROM other)',
  'a - -1 > 0',
]
for (const where of STAYS)
  test(`${where} stays inside`, () => {
    assert.equal(whyItLeaves(where), undefined)
    assert.equal(whereSql(where), `(\n${where}\n)`)
  })

const LEAVES: [string, RegExp][] = [
  ['1=1; DROP TABLE t', /semicolon/],
  ['1=1) OR (1=1', /closing parenthesis/],
  ['a = 1)', /closing parenthesis/],
  ['(a = 1', /opening parenthesis/],
  ['1=1 -- ', /comment \(--\)/],
  ['1=1 #', /comment \(#\)/],
  ['1=1 /* ', /comment \(\/\*\)/],
  ['1=1 /*! ) OR (1=1 */', /comment \(\/\*\)/],
  ["name = 'x", /quote \('\) that is not closed/],
  ["name = 'x\\'", /quote \('\) that is not closed/],
  ['name = "x', /quote \("\) that is not closed/],
  ['`name', /quote \(`\) that is not closed/],
  ['id = ?', /placeholder/],
]
for (const [where, why] of LEAVES)
  test(`${where} does not stay inside`, () => assert.match(whyItLeaves(where) ?? 'it stays', why))
