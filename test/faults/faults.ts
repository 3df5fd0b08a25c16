/** What can go wrong at a boundary, each from outside: how it is brought about, and where it makes sense. */
import type { StageName } from '../../lib/stacks/stages.ts'
import type { Boundary } from './boundary.ts'
import type { Reply } from './gate.ts'
import { type At, broken, type Fault, killed, SHORT_SECONDS } from './scene.ts'
import { ZOMBIES } from './zombies.ts'

const snowflakeError = (code: string, message: string): Reply => ({
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify({ success: false, code, message, data: { errorCode: code, sqlState: 'XX000' } }),
})

const s3Error = (status: number, code: string): Reply => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>said by the test's proxy</Message></Error>`,
})

/** What each server says when it is asked too much, and how often in a row, so that the driver's own tries do not do. */
const THROTTLED: Record<Boundary['service'], { reply: Reply; times: number }> = {
  AWS: { reply: s3Error(503, 'SlowDown'), times: 5 },
  Snowflake: { reply: { status: 429, contentType: 'application/json', body: '{}' }, times: 1 },
  MySQL: { reply: { status: 1226, body: "User 'firn' has exceeded the 'max_questions' resource" }, times: 1 },
}
const FULL: Record<Boundary['service'], Reply> = {
  AWS: s3Error(507, 'XMinioStorageFull'),
  Snowflake: snowflakeError('000603', 'SQL execution internal error: No space left on device'),
  MySQL: { status: 1021, body: 'Disk full (/tmp/#sql); waiting for someone to free some space (errno: 28)' },
}

const ends = ({ service, writes }: Boundary): At[] =>
  service === 'MySQL' || !writes ? ['before'] : ['before', 'after']
/** How many statements of several went through before it broke: between any two of them. */
const between = ({ statements }: Boundary): At[] =>
  statements > 1 ? Array.from({ length: statements - 1 }, (_, i) => i + 1) : []

const kill: Fault = { name: 'killed', fits: ends, play: (scene) => broken(scene, killed) }

const lost: Fault = { name: 'connection lost', fits: ends, play: (scene) => broken(scene, async () => 'cut') }

const torn: Fault = {
  name: 'answer torn',
  fits: ({ service, writes, what }) => (!writes && (service === 'MySQL' || what.startsWith('GET ')) ? ['after'] : []),
  play: (scene) => broken(scene, async () => 'half'),
}

const throttled: Fault = {
  name: 'throttled',
  fits: () => ['before'],
  play: (scene) => {
    const { reply, times } = THROTTLED[scene.boundary.service]
    return broken(scene, async () => reply, times)
  },
}

const full: Fault = {
  name: 'disk full',
  fits: ({ service, writes, what }) => ((service === 'AWS' ? writes : what !== 'log in') ? ['before'] : []),
  play: (scene) => broken(scene, async () => FULL[scene.boundary.service]),
}

const halfway: Fault = {
  name: 'fails halfway',
  fits: between,
  play: (scene) => broken(scene, async () => FULL.Snowflake),
}

const sessionGone: Fault = {
  name: 'session lost',
  fits: between,
  play: (scene) =>
    broken(scene, async ({ session }) => {
      await scene.line.endSession(session!)
      return 'cut'
    }),
}

/** The worker dies, and its transaction stays open until the warehouse gives up on it: whoever comes next waits for its locks. */
const abandoned: Fault = {
  name: 'abandoned',
  fits: between,
  play: (scene) => broken(scene, killed),
}

/** Nothing is ever said, until the function's time is over. */
const hang: Fault = {
  name: 'timeout',
  fits: () => ['before'],
  play: async (scene) => {
    const stage = scene.boundary.stage as StageName
    await scene.line.limitSeconds(stage, SHORT_SECONDS)
    try {
      return await broken(scene, async () => 'hang')
    } finally {
      await scene.line.limitSeconds(stage)
    }
  },
}

/** All of a boundary's: each is a column of the matrix. */
export const FAULTS: Fault[] = [kill, lost, torn, throttled, full, halfway, sessionGone, abandoned, ...ZOMBIES, hang]
