/** The deployed secrets, which anybody may have edited by hand. */
import { RefusedError } from './errors.ts'

/** Refuses a setting of a deployed secret: by name, with no value in it. Throws RefusedError. */
export const refuseSetting = (secret: 'MySQL' | 'Snowflake', name: string, why: string): never => {
  throw new RefusedError(
    `"${name}" of the deployed ${secret} secret ${why}. Fill it anew: npm run -s firn -- secrets put`,
  )
}

/** Holds a secret's settings against what they must be: texts, the required ones not empty. Throws RefusedError naming the first that is not. */
export const checkTexts = (
  secret: 'MySQL' | 'Snowflake',
  given: Record<string, unknown>,
  { required, optional }: { required: readonly string[]; optional: readonly string[] },
): void => {
  for (const name of required)
    if (given[name] === undefined || given[name] === '') refuseSetting(secret, name, 'is not set')
  for (const name of [...required, ...optional])
    if (given[name] !== undefined && typeof given[name] !== 'string') refuseSetting(secret, name, 'is no text')
}
