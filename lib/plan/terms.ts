/**
 * What rows of a table are read under: `where`, masks, their salt, the key, the columns. The ledger keeps it with each
 * load, so that rows of other terms are not laid beside those that are there. Of `where` and the salt a hash is kept, never the text.
 */
import { createHash } from 'node:crypto'
import type { Column, FoundTarget, TablePlan } from '../model.ts'
import { foldName } from '../warehouses/snowflake/quote.ts'

/** As the ledger keeps them, as JSON: `LOADS.TERMS`. A correction of the cursor keeps no `where`: any will do after it. */
type Terms = {
  /** Hexadecimal; null for none. */
  where?: string | null
  /** By column; one without a mask is not in it. */
  masks: Record<string, string>
  /** Hexadecimal, as MySQL worked it out; null where nothing is masked by sha256. */
  salt: string | null
  key: string[]
  /** A hash over the columns that move, their types and policies; not in what older releases kept. */
  columns?: string
}

const DIGITS = 16

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, DIGITS)

/** `salt`: its hash, as saltHash gives it. */
export const termsOf = ({ columns, key, where }: Pick<TablePlan, 'columns' | 'key' | 'where'>, salt: string | null) => {
  const masks = columns.flatMap(({ name, policies }) => (policies?.mask ? [[name, policies.mask] as const] : []))
  const terms: Terms = {
    where: where === null ? null : hashOf(where),
    masks: Object.fromEntries(masks),
    salt: masks.some(([, mask]) => mask === 'sha256') ? (salt?.slice(0, DIGITS) ?? null) : null,
    key,
    columns: hashOf(JSON.stringify(columns.map(({ name, type, policies }) => [name, type, policies]))),
  }
  return JSON.stringify(terms)
}

/** The same for any `where`; null stays null. */
export const termsWithoutWhere = (terms: string | null): string | null => {
  if (terms === null) return null
  const { where: _, ...others } = JSON.parse(terms) as Terms
  return JSON.stringify(others)
}

/** The key and the salt's hash of terms, if they are known. */
export const knownIn = (terms: string | null): Partial<Pick<Terms, 'key' | 'salt'>> =>
  terms === null ? {} : (JSON.parse(terms) as Terms)

/** A key in words: `(id, part)`. */
export const keyWords = (key: string[]): string => (key.length ? `(${key.join(', ')})` : 'nothing')

/** Whether rows are told apart by the same columns, in whatever order. */
export const isSameKey = (one: string[], other: string[]): boolean =>
  one.toSorted().join('\n') === other.toSorted().join('\n')

/** How a column's mask differs, in words; nothing when it does not. */
export const maskWords = (name: string, before: string | undefined, now: string | undefined): string[] => {
  const said = (mask: string | undefined) => (mask === undefined ? 'not masked' : `masked by ${mask}`)
  return before === now ? [] : [`"${name}" is ${said(now)} and was ${said(before)}`]
}

/** `columns`, `found`: a column that the target has not yet has no values of other terms. */
type Compared = { before: string | null; now: string; columns: Column[]; found: FoundTarget }

/** What differs of masks and salt, and of the key, in words. Terms of before that nobody kept differ in nothing. */
export const changedValues = ({ before, now, columns, found }: Compared): string[] => {
  if (before === null) return []
  const [then, today] = [JSON.parse(before) as Terms, JSON.parse(now) as Terms]
  const there = new Set(found.columns?.map(({ name }) => name))
  const names = columns.map(({ name }) => name).filter((name) => there.has(foldName(name)))
  const isHashed = names.some((name) => then.masks[name] === 'sha256' && today.masks[name] === 'sha256')
  return [
    ...names.flatMap((name) => maskWords(name, then.masks[name], today.masks[name])),
    ...(isHashed && then.salt !== today.salt ? ['MYSQL_MASK_SALT, the salt of masks, is another'] : []),
    ...(isSameKey(then.key, today.key)
      ? []
      : [`rows are told apart by ${keyWords(today.key)} and were by ${keyWords(then.key)}`]),
  ]
}

/** Whether another `where` says which rows there are. */
export const isOtherWhere = (before: string | null, now: string): boolean => {
  if (before === null) return false
  const { where } = JSON.parse(before) as Terms
  return where !== undefined && where !== (JSON.parse(now) as Terms).where
}
