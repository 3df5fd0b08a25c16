/** Whether this machine's clock is right, by the Date of Snowflake's own answers. */
import type { SnowflakeSettings } from '../../settings.ts'

const WAIT_MS = 5000

/** Seconds this machine's clock is behind Snowflake's (negative: ahead), to a second; null when nobody says. */
export const clockDifference = async ({ account, accessUrl }: SnowflakeSettings): Promise<number | null> => {
  const url = accessUrl ?? `https://${account}.snowflakecomputing.com`
  try {
    const { headers } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(WAIT_MS) })
    const date = Date.parse(headers.get('date') ?? '')
    return Number.isNaN(date) ? null : Math.round((date - Date.now()) / 1000)
  } catch {
    // what was refused is told without it then
    return null
  }
}
