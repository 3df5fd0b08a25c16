/** The stages, and what the function of each needs. */

export type StageName = 'plan' | 'extract' | 'load' | 'transform' | 'fail' | 'report'
export type Login = 'mysql' | 'snowflake'

/** `prefixes`: where in the staging bucket a stage reads and writes. */
export type Needs = {
  memoryMb: number
  minutes: number
  logins: Login[]
  prefixes: ('runs' | 'leases' | 'schedules')[]
}

/**
 * Memory is sized by the CPU that comes with it (a whole one at 1,769 MB); time, where a stage can say "go on from
 * here", is the most that Lambda has.
 */
export const NEEDS: Record<StageName, Needs> = {
  plan: { memoryMb: 1024, minutes: 15, logins: ['mysql', 'snowflake'], prefixes: ['runs', 'leases', 'schedules'] },
  extract: { memoryMb: 2048, minutes: 15, logins: ['mysql'], prefixes: ['runs', 'leases'] },
  load: { memoryMb: 1024, minutes: 15, logins: ['snowflake'], prefixes: ['runs', 'leases'] },
  transform: { memoryMb: 512, minutes: 5, logins: ['snowflake'], prefixes: ['runs'] },
  fail: { memoryMb: 256, minutes: 1, logins: [], prefixes: ['runs'] },
  report: { memoryMb: 512, minutes: 5, logins: [], prefixes: ['runs', 'leases'] },
}

/**
 * Extract's young objects are few and its buffers many: with room for 4 MB of the first, the second are swept before they
 * have come to hundreds of megabytes (measured: 160–190 MB at the peak instead of 200–370, in the same time).
 */
export const EXTRACT_NODE_OPTIONS = '--max-semi-space-size=4'

export const STAGES = Object.keys(NEEDS) as StageName[]

/** `plan` → `Plan`: its construct, its state, the `${PlanArn}` of the state machine. */
export const stateName = (stage: StageName): string => stage[0]!.toUpperCase() + stage.slice(1)
