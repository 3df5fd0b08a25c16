/** The metadata's own condition: it must stay inside the parentheses it is put in, and be one that MySQL takes. */
import type { Connection } from 'mysql2/promise'
import { UnavailableError } from '../../errors.ts'
import { translated } from './connect.ts'
import { quoteMysql, quoteText } from './quote.ts'

/** In the order they are looked for: what is quoted is skipped, the rest could lead out of the parentheses. */
const TOKEN = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|\/\*|--|[#?;()'"`]/gs

const WORDS: Record<string, string> = {
  ';': 'has a semicolon, and it is no statement of its own',
  '/*': 'has a comment (/*)',
  '--': 'has a comment (--): write "- -" where a minus is meant',
  '#': 'has a comment (#)',
  '?': 'has a placeholder (?), for which there is no value',
  "'": "has a quote (') that is not closed",
  '"': 'has a quote (") that is not closed',
  '`': 'has a quote (`) that is not closed',
}

/** Why a condition would not stay inside parentheses put around it; undefined when it does. */
export const whyItLeaves = (where: string): string | undefined => {
  let depth = 0
  for (const [token] of where.matchAll(TOKEN)) {
    if (token in WORDS) return WORDS[token]
    if (token === '(') depth++
    if (token === ')' && --depth < 0) break
  }
  return depth === 0 ? undefined : `has ${depth > 0 ? 'an opening' : 'a closing'} parenthesis too many`
}

/** The condition as it stands in every query: on lines of its own, so that nothing around it is part of it. */
export const whereSql = (where: string): string => `(\n${where}\n)`

/**
 * MySQL's own words against a condition on a table; undefined when it takes it. The condition is prepared, which resolves
 * its names, and never run. Throws UnavailableError.
 */
export const whyItFails = async (connection: Connection, table: string, where: string): Promise<string | undefined> => {
  const sql = `SELECT 1 FROM ${quoteMysql(table)} WHERE ${whereSql(where)}`
  try {
    await connection.query(`PREPARE firn_where FROM ${quoteText(sql)}`)
    await connection.query('DEALLOCATE PREPARE firn_where')
    return undefined
  } catch (error) {
    const { errno, sqlMessage } = error as { errno?: number; sqlMessage?: string }
    const known = translated(error, connection)
    if (known instanceof UnavailableError || errno === undefined || sqlMessage === undefined) throw known
    return sqlMessage
  }
}
