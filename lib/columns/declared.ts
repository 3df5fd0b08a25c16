/** COLUMN_TYPE taken apart, as MySQL and MariaDB spell it. */

/** `decimal(10,2) unsigned zerofill` → name `decimal`, sizes 10 and 2. ZEROFILL implies UNSIGNED. */
export type Declared = { name: string; sizes: number[]; unsigned: boolean; zerofill: boolean }

const DECLARATION = /^(\w+)(?:\(([\d,\s]*)\))?(.*)$/s
/** Labels of an ENUM or SET may hold any word. */
const LABELS = /'(?:[^']|'')*'/g

/** The parts of a declaration; labels and comments (`/*M!100301 COMPRESSED*\/`) are none of them. */
export const declaredType = (declaration: string): Declared => {
  const [, name = '', sizes, rest = ''] = DECLARATION.exec(declaration.replaceAll(LABELS, '').toLowerCase()) ?? []
  return {
    name,
    sizes: sizes ? sizes.split(',').map(Number) : [],
    unsigned: /\b(unsigned|zerofill)\b/.test(rest),
    zerofill: /\bzerofill\b/.test(rest),
  }
}
