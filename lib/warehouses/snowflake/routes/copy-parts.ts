/** Staged files into the stage table, by the route that is set or by the first that can be gone. */
import { RefusedError, TimeIsOver } from '../../../errors.ts'
import type { LoadMode, LoadRoute, Part } from '../../../model.ts'
import { external, LAKE } from './external.ts'
import { insert } from './insert.ts'
import { FILES, internal } from './internal.ts'
import { type Copying, checkLoaded, type Route } from './route.ts'
import { checkStagedFiles } from './staged-files.ts'
import { unseenBucket, unusableStage } from './unseen.ts'

type Choice = { route: LoadRoute; reason: string }

const ROUTES: Record<LoadRoute, Route> = { external, internal, insert }
const INSTEAD: Partial<Record<LoadRoute, LoadRoute>> = { external: 'internal', internal: 'insert' }

/** What was found to work, by database, for as long as this worker lives. */
const worked = new Map<string, Choice>()

const first = (database: string, mode: LoadMode): Choice => {
  if (mode !== 'auto') return { route: mode, reason: `SNOWFLAKE_LOAD_MODE=${mode}` }
  return worked.get(database) ?? { route: 'external', reason: 'Snowflake reads the staging bucket itself' }
}

/** What a route's error says about the route, and not about the files; null when it says nothing of that kind. */
const closed = (route: LoadRoute, error: unknown): string | null => {
  if (route === 'external') {
    const code = unseenBucket(error, LAKE)
    return code && `Snowflake cannot see the staging bucket (${code})`
  }
  const code = route === 'internal' ? unusableStage(error, FILES) : null
  return code && `the stage _FIRN.${FILES} cannot be used (${code}; made by: npm run -s firn -- setup snowflake --run)`
}

const REMEDY: Partial<Record<LoadRoute, string>> = {
  external:
    'Mend its way there (npm run -s firn -- setup snowflake), or let the files be uploaded: SNOWFLAKE_LOAD_MODE=auto or internal',
  internal: 'Make it, or set SNOWFLAKE_LOAD_MODE',
}

/** The route to go on by after an error of this one. Throws the error, or what it means, when there is none. */
const next = (load: Copying, mode: LoadMode, { route, reason }: Choice, error: unknown): Choice => {
  const why = closed(route, error)
  if (why === null) throw error
  const instead = INSTEAD[route]
  if (mode !== 'auto' || !instead) throw new RefusedError(`${load.table}: ${why}. ${REMEDY[route]}`, { cause: error })
  return { route: instead, reason: route === 'external' ? why : `${reason}; ${why}` }
}

/** Copies what one route takes of the parts that are left, or says by which to try. */
const step = async (load: Copying, mode: LoadMode, choice: Choice): Promise<Choice> => {
  const { place } = load.stint
  try {
    const loaded = await ROUTES[choice.route].copy(load, place.files)
    place.rows += checkLoaded(load, place.files, loaded)
    place.files += loaded.length
    place.rowsOfNext = 0
    load.stint.done()
    return choice
  } catch (error) {
    return next(load, mode, choice, error)
  }
}

/** What stays is swept later, and no reason to lose a load. */
const end = async (load: Copying, gone: Set<LoadRoute>) => {
  for (const route of gone) await ROUTES[route].end(load).catch(() => {})
}

/**
 * Copies every part that has rows, each once; where it stands is in the stint's place. Throws AuditError naming a file that is
 * missing, cut short, replaced, named twice, or of which another number of rows arrived; RefusedError when there is no way;
 * TimeIsOver; and as Warehouse does.
 */
export const copyParts = async (load: Copying, mode: LoadMode): Promise<void> => {
  const { place } = load.stint
  const { database } = load.warehouse
  const gone = new Set<LoadRoute>(place.route ? [place.route] : [])
  try {
    await checkStagedFiles(load, load.parts.slice(place.files))
    let choice = place.route ? { route: place.route, reason: place.routeReason ?? '' } : first(database, mode)
    while (place.files < load.parts.length) {
      load.stint.rest()
      gone.add(choice.route)
      Object.assign(place, { route: choice.route, routeReason: choice.reason })
      choice = await step(load, mode, choice)
    }
    if (mode === 'auto') worked.set(database, choice)
  } catch (error) {
    if (!(error instanceof TimeIsOver)) await end(load, gone)
    throw error
  }
  await end(load, gone)
}

/** Files without rows are in no COPY. */
export const partsWithRows = (parts: Part[]): Part[] => parts.filter(({ rows }) => rows > 0)
