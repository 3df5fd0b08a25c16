/** Rows for quarantine with everything in them that text or a name can have. */
import type { RejectedRow } from '../../../lib/parquet/quarantine.ts'

const rejected = (id: string, column: string, row: Record<string, string | null>): RejectedRow => ({
  table: 'ação do mês',
  key: JSON.stringify([id]),
  column,
  reason: 'zero date',
  row: { id, ...row },
})

const odd = (value: string | null) => ({
  _KEY: 'the source’s own',
  'a,b': value,
  'a.b': value,
  constructor: value,
  '12': value,
  ID2: value,
  id2: 'differs in case only',
})

export const REJECTED: RejectedRow[] = [
  rejected('1', 'd', { d: '0000-00-00', t: null, ...odd(null) }),
  rejected('2', 't', { d: null, t: '', ...odd('') }),
  rejected('3', 't', { d: 'NULL', t: `a\tb\r\n"c" 'd' \\ \u0000 é 🚀`, ...odd('x') }),
  rejected('18446744073709551615', 't', { d: '\\x00ff', t: 'long '.repeat(100_000), ...odd('y') }),
]

/** What a reader is to find in the file. */
export const EXPECTED: Record<string, string | null>[] = REJECTED.map(({ table, key, column, reason, row }) => {
  const { _KEY = null, 'a,b': comma = null, id2 = null, ...rest } = row
  return { _table: table, _key: key, _column: column, _reason: reason, ...rest, _KEY_: _KEY, 'a%2Cb': comma, id2_: id2 }
})
