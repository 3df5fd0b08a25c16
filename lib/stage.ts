/** The wrapper every Lambda stands behind: names logged in, outcome logged out, peak memory told, errors kept by name. */
import { readFileSync } from 'node:fs'
import { Logger } from '@aws-lambda-powertools/logger'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'

/** Names and counts only: never a cell's value, never a secret. */
export const logger = new Logger({ serviceName: 'firn' })

/** Peak resident memory of this process in MB: VmHWM, since ru_maxrss can show the parent's. 0 where there is no /proc. */
export const peakMemoryMb = (): number => {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024)
  } catch {
    return 0
  }
}

const NAMES = ['job', 'runId', 'table', 'chunk'] as const

const namesIn = (input: unknown): Record<string, unknown> => {
  const found = (input ?? {}) as Record<string, unknown>
  return Object.fromEntries(NAMES.filter((name) => name in found).map((name) => [name, found[name]]))
}

/** `remaining`: milliseconds until the Lambda is ended; Infinity where nobody ends it. */
export type Call = { remaining(): number }

/** A stage as Lambda calls it. The input's names are on every log line; an error leaves with its own name and message. */
export const stage = <Input, Output>(name: string, run: (input: Input, call: Call) => Promise<Output>) => {
  let startedAt = 0
  return middy<Input, Output>()
    .use({
      before: async ({ event }) => {
        startedAt = performance.now()
        logger.resetKeys()
        logger.appendKeys({ stage: name, ...namesIn(event) })
      },
      after: async () => logger.info('done', { milliseconds: since(startedAt), peakMemoryMb: peakMemoryMb() }),
      onError: async ({ error }) =>
        logger.error('failed', { error: error?.name, reason: error?.message, milliseconds: since(startedAt) }),
    })
    .handler(async (event: Input, context: Partial<Context>) =>
      run(event, { remaining: () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY }),
    )
}

const since = (start: number) => Math.round(performance.now() - start)
