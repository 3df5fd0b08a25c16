/**
 * Who may publish to a target table: one object a target in the staging bucket, changed by conditional puts only.
 * The epoch only grows, and Snowflake's side refuses an older one, so a holder that slept through its lease can do no
 * harm. It grows by the clock as well, so that it goes on growing even if the bucket was emptied.
 */
import { clockText } from './clock.ts'
import { LeaseHeldError, LeaseLostError, RefusedError, UnavailableError } from './errors.ts'
import type { Lease, Target } from './model.ts'
import { secondsBehindStore } from './store/client.ts'
import { getJson, list, putIf } from './store/objects.ts'

/** Longer than any Lambda may run (15 minutes), so that only a run that is gone lets a lease expire. */
const LEASE_SECONDS = 3600
const TRIES = 5
/** What a clock may be off. A lease lasts an hour and a Lambda a quarter of that, so there is room for it. */
const CLOCK_SECONDS = 300
const LEASES = 'leases/'

/** `RAW.ORDERS`: how people name a target. */
export const targetName = (target: Target): string => `${target.database}.${target.schema}.${target.table}`

const keyOf = (name: string) => `${LEASES}${encodeURIComponent(name)}.json`
const expiry = (from: number) => new Date(from + LEASE_SECONDS * 1000).toISOString()
const free = (lease: Lease, now: number) => lease.holder === null || Date.parse(lease.expiresAt) <= now

/**
 * A lease ends by the clock: who runs ahead would take one that is held, and who runs behind would lose its own. So nothing is
 * taken, renewed or published by a clock that the store's own answer shows to be wrong.
 */
const refuseWrongClock = (name: string): void => {
  const seconds = secondsBehindStore()
  if (Math.abs(seconds) > CLOCK_SECONDS)
    throw new RefusedError(
      `The lease of ${name} ends by the clock, and this machine's is ${clockText(seconds)} the staging store's. Set it right (timedatectl set-ntp true), then start a new run: npm run -s firn -- run`,
    )
}

const change = async (name: string, next: (now: Lease | undefined) => Lease): Promise<Lease> => {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const found = await getJson<Lease>(keyOf(name))
    const lease = next(found?.value)
    const body = JSON.stringify(lease)
    if ((await putIf(keyOf(name), body, found ? { etag: found.etag } : { ifAbsent: true })) !== undefined) return lease
  }
  throw new UnavailableError(`The lease of ${name} changed ${TRIES} times while it was being taken`)
}

/**
 * Takes the lease of a target for a run; again by the same run gives the same lease. `floor` is the epoch the warehouse
 * knows. Throws LeaseHeldError naming the holder and how to break it, RefusedError when this machine's clock is wrong.
 */
export const takeLease = async (target: Target, runId: string, floor = 0): Promise<Lease> => {
  const name = targetName(target)
  return change(name, (lease) => {
    refuseWrongClock(name)
    const now = Date.now()
    if (lease && lease.holder !== runId && !free(lease, now))
      throw new LeaseHeldError(
        `${name} is being loaded by run ${lease.holder} (its lease ends at ${lease.expiresAt}). Wait for it, or, if that run is gone, break its lease: npm run -s firn -- leases break ${name}`,
      )
    const same = lease?.holder === runId && !free(lease, now)
    const epoch = same ? lease.epoch : Math.max((lease?.epoch ?? 0) + 1, floor + 1, now)
    return { target: name, holder: runId, epoch, expiresAt: expiry(now) }
  })
}

/** Side by side: each is two requests, one after the other. */
const AT_ONCE = 32

/**
 * Takes the leases of several targets for a run, all or none: a run that is refused must not stand in another's way. Gives
 * their epochs. The first is taken alone, so that of two runs of the same tables one gets them all, and not each a part.
 * `floors`: as for one, in the same order. Throws as takeLease does.
 */
export const takeLeases = async (targets: Target[], runId: string, floors: number[] = []): Promise<number[]> => {
  const epochs: number[] = []
  for (let at = 0; at < targets.length; at = epochs.length) {
    const some = targets.slice(at, at === 0 ? 1 : at + AT_ONCE)
    const taken = await Promise.allSettled(some.map((target, i) => takeLease(target, runId, floors[at + i])))
    const refused = taken.find((outcome) => outcome.status === 'rejected')
    if (refused) {
      await releaseLeases(targets.slice(0, at + some.length), runId)
      throw refused.reason
    }
    epochs.push(...taken.map((outcome) => (outcome as PromiseFulfilledResult<Lease>).value.epoch))
  }
  return epochs
}

/**
 * Makes the lease last longer. Throws LeaseLostError when another run holds it, or held it since; and what the store says when
 * it takes nothing any more, before anything is published that could not be told of.
 */
export const renewLease = async (target: Target, runId: string, epoch: number): Promise<void> => {
  const name = targetName(target)
  await change(name, (lease) => {
    refuseWrongClock(name)
    if (lease?.holder !== runId || lease.epoch !== epoch)
      throw new LeaseLostError(
        `Run ${runId} no longer holds ${name}: ${lease?.holder ? `run ${lease.holder} took it over` : 'its lease was released or broken'}. Nothing of it was published; start a new run`,
      )
    return { ...lease, expiresAt: expiry(Date.now()) }
  })
}

/** Gives a lease back; that of another run is left alone. The object stays, so that the epoch goes on growing. */
export const releaseLease = async (name: string, runId: string): Promise<void> => {
  const found = await getJson<Lease>(keyOf(name))
  if (found?.value.holder !== runId) return
  // a straggler may renew in between: then it is read again
  await change(name, (lease) => (lease?.holder === runId ? { ...lease, holder: null } : (lease ?? found.value)))
}

/** Gives those back that are the run's. */
export const releaseLeases = async (targets: Target[], runId: string): Promise<void> => {
  for (let at = 0; at < targets.length; at += AT_ONCE)
    await Promise.all(targets.slice(at, at + AT_ONCE).map((target) => releaseLease(targetName(target), runId)))
}

/** Takes a lease away from whoever holds it. Its epoch is spent: what that run still does is refused. */
export const breakLease = (name: string): Promise<Lease> =>
  change(name, (lease) => ({
    target: name,
    holder: null,
    epoch: (lease?.epoch ?? 0) + 1,
    expiresAt: new Date(0).toISOString(),
  }))

/** Every lease there is, held or not. */
export const listLeases = async (): Promise<Lease[]> => {
  const { keys } = await list(LEASES)
  const found = await Promise.all(keys.map((key) => getJson<Lease>(key)))
  return found.filter((lease) => lease !== undefined).map((lease) => lease.value)
}
