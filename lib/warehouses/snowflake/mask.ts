/** Snowflake's messages without the cells they quote: what its own errors and dbt's log go through before anybody reads them. */

/** Compilation errors speak of names; anything found out while running may quote a cell. `code`: six digits. */
export const quotesValues = (code: string): boolean => !/^00[0-3]\d{3}$/.test(code) || code === '000603'

/** Where COPY says which file, row and column it was: after the value, which may hold anything. */
const PLACE =
  /\n\s*File '[^'\n]*', line \d+(?:, character \d+)?(?:\n\s*(?:Row|Column) \d+(?:, column "[^"\n]*"\["[^"\n]*":\d+\])?)*/g

/** `…, value nan`, `Failed to cast variant value 5 to DATE`, `Row Values: [1, 2]`: with no quotes around them. */
const UNQUOTED = /\b(values?:?)\s+(?!'…'|"…")[\s\S]*/i

/**
 * Snowflake quotes the value it could not read and does not escape it, so everything from the first quote to the last
 * is cut, and everything after the words that come before one without quotes; the file, row and column it names at the end
 * are kept.
 */
export const maskValues = (message: string): string => {
  const place = [...message.matchAll(PLACE)].at(-1)
  const [head, tail] = place ? [message.slice(0, place.index), place[0]] : [message, '']
  return (
    head
      .replace(/'[\s\S]*'/, "'…'")
      .replace(/"[\s\S]*"/, '"…"')
      .replace(/(Error parsing JSON:)[\s\S]*/, '$1 …')
      .replace(UNQUOTED, '$1 …') + tail
  )
}
