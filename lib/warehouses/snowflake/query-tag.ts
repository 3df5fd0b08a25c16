/** QUERY_TAG: which job, run and table a statement is of, so that the account's own history can say what each cost. */

/** Snowflake's limit ("Parameters": QUERY_TAG). */
const MAX_CHARACTERS = 2000
/** Names of ours are far shorter; a name that somebody else chose may not push the others out. */
const MAX_NAME = 255

/** What every tag of ours begins with: the history is searched by it. */
export const TAG_BEGIN = '{"app":"firn"'

/** Names (job, run, table, stage, command …) as JSON of at most 2,000 characters; longer names are cut. */
export const queryTag = (names: Record<string, string>): string => {
  for (let most = MAX_NAME; ; most = Math.floor(most / 2)) {
    const cut = Object.entries(names).map(([name, value]) => [name.slice(0, most), value.slice(0, most)])
    const tag = JSON.stringify({ app: 'firn', ...Object.fromEntries(cut) })
    if (tag.length <= MAX_CHARACTERS || most === 0) return most === 0 ? `${TAG_BEGIN}}` : tag
  }
}
