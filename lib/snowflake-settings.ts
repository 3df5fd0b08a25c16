/** How Snowflake is reached, checked: shape and rules only; lib/settings.ts is who reads the environment and the secret. */
import { checkTexts, refuseSetting } from './deployed-secret.ts'
import type { LoadMode } from './model.ts'
import type { SnowflakeSettings } from './settings.ts'

const LOAD_MODES: readonly LoadMode[] = ['auto', 'external', 'internal', 'insert']

/** What is wrong with a load mode: null when it is known, or left out. */
export const loadModeProblem = (value: unknown): string | null =>
  value === undefined || LOAD_MODES.includes(value as LoadMode)
    ? null
    : `is ${JSON.stringify(value)}: known are ${LOAD_MODES.join(', ')}`

const TEXTS = {
  required: ['account', 'user', 'database'],
  optional: [
    ...['password', 'privateKey', 'privateKeyPassphrase', 'warehouse', 'schema', 'role', 'accessUrl'],
    'storageIntegration',
  ],
}

/** Settings as the deployed secret has them. Throws RefusedError naming the first that is missing or wrong; never with a secret in it. */
export const checkedSnowflake = (given: Record<string, unknown>): SnowflakeSettings => {
  checkTexts('Snowflake', given, TEXTS)
  const problem = loadModeProblem(given.loadMode)
  if (problem) refuseSetting('Snowflake', 'loadMode', problem)
  const { workloadIdentity } = given
  if (
    workloadIdentity !== undefined &&
    typeof (workloadIdentity as { provider?: unknown } | null)?.provider !== 'string'
  )
    refuseSetting('Snowflake', 'workloadIdentity', 'has no "provider"')
  if (!given.password && !given.privateKey && !workloadIdentity)
    refuseSetting(
      'Snowflake',
      'privateKey',
      'is not set, nor "password", nor "workloadIdentity": one is needed to log in',
    )
  return { schema: 'RAW', ...given } as SnowflakeSettings
}
