/** A copy held against the last one leaves just the files that it would have left by itself, byte for byte. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { UnavailableError } from '../../../lib/errors.ts'
import type { Part, PolicyCount } from '../../../lib/model.ts'
import { bytesOf } from '../../../lib/parquet/footer.ts'
import type { KnownPart, LastCopy } from '../../../lib/parquet/last-copy.ts'
import { type PartStore, PartWriter } from '../../../lib/parquet/parts.ts'
import type { Copying } from '../../../lib/parquet/whole-copy.ts'
import { type Cell, rowBytes, writerPlan } from './memory-store.ts'
import { readBack } from './read-back.ts'
import { receivedRows, wire } from './wire.ts'

const COLUMNS = [
  { name: 'id', type: 'int', nullable: false },
  { name: 'name', type: 'varchar(200)', nullable: true },
  { name: 'day', type: 'date', nullable: true, policies: { zero_date: 'null' as const } },
]
/** Files and row groups so small that a few rows make many. */
const PLAN = writerPlan(COLUMNS, { targetFileBytes: 900 })
const ROW_GROUP_BYTES = 400

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Every file of every copy by its key, which names the copy. */
const stored = () => {
  const files = new Map<string, Buffer>()
  const store = (copy: string): PartStore => ({
    openPart: (part) => {
      const pieces: Uint8Array[] = []
      return {
        write: async (bytes) => void pieces.push(Buffer.from(bytes)),
        digest: () => sha256Of(Buffer.concat(pieces)),
        close: async () => {
          const key = `${copy}-${part}`
          const body = Buffer.concat(pieces)
          files.set(key, body)
          return { key, sha256: sha256Of(body), etag: key }
        },
        abandon: async () => {},
      }
    },
    putRejects: async () => 'rejects',
  })
  const read: LastCopy['read'] = async function* ({ key }, groups) {
    const body = files.get(key)!.subarray(0, bytesOf(groups))
    assert.equal(sha256Of(body), groups.at(-1)!.sha256)
    for (let at = 0; at < body.length; at += 100) yield body.subarray(at, at + 100)
  }
  return { files, store, read }
}

type Stored = ReturnType<typeof stored>
type Copy = { parts: Part[]; policies: PolicyCount[]; rows: number }

const written = async (to: Stored, name: string, rows: Cell[][], copying: Copying): Promise<Copy> => {
  const writer = new PartWriter(PLAN, to.store(name), { rowGroupBytes: ROW_GROUP_BYTES, copying })
  // some of them in one piece of the network, others in two
  const bytes = wire(rows.map(rowBytes))
  const cuts = Array.from({ length: Math.ceil(bytes.length / 333) }, (_, i) => i * 333)
  for (const row of receivedRows(bytes, cuts)) await writer.row(row.buffer, row.offset, row.end)
  const parts = await writer.finish()
  return { parts, policies: writer.policies(), rows: writer.rows }
}

const against = ({ parts }: Copy, { read }: Stored, seed = 's'): Copying => ({
  seed,
  last: { parts: parts as KnownPart[], read },
})
const FRESH: Copying = { seed: 's', last: null }

const row = (id: number, name: string | null = `name of ${id}`, day: string | null = '2017-01-01'): Cell[] => [
  String(id),
  name,
  day,
]
const ROWS = Array.from({ length: 200 }, (_, id) =>
  row(id, id % 7 ? undefined : null, id % 5 ? undefined : '0000-00-00'),
)

const sums = (parts: Part[]) => parts.map(({ sha256, rows, bytes, groups }) => ({ sha256, rows, bytes, groups }))
const byCount = ({ policies }: Copy) => policies.map(({ column, policy, rows }) => `${column} ${policy} ${rows}`).sort()

test('the same rows again: the last copy’s files, and nothing is written', async () => {
  const files = stored()
  const first = await written(files, 'a', ROWS, FRESH)
  assert.ok(first.parts.length > 3 && first.parts.some(({ groups }) => groups!.length > 1))
  const before = files.files.size
  const second = await written(files, 'b', ROWS, against(first, files))
  assert.deepEqual(second, first)
  assert.equal(files.files.size, before)
  const third = await written(files, 'c', ROWS, against(second, files))
  assert.deepEqual(third, first, 'as often as it is read')
})

test('no rows, before or now', async () => {
  const files = stored()
  const none = await written(files, 'a', [], FRESH)
  assert.deepEqual((await written(files, 'b', ROWS.slice(0, 3), against(none, files))).rows, 3)
  const some = await written(files, 'c', ROWS, FRESH)
  assert.deepEqual((await written(files, 'd', [], against(some, files))).parts, [])
})

test('whatever changed, the files are those of a copy that was held against nothing', async () => {
  const at = fc.nat({ max: ROWS.length - 1 })
  const edit = fc.oneof(
    fc.record({ what: fc.constant('changed' as const), at }),
    fc.record({ what: fc.constant('deleted' as const), at }),
    fc.record({ what: fc.constant('inserted' as const), at }),
    fc.record({ what: fc.constant('cut' as const), at }),
    fc.record({ what: fc.constant('grown' as const), at }),
  )
  const applied = (edits: { what: string; at: number }[]) => {
    let rows = [...ROWS]
    for (const { what, at } of edits) {
      if (what === 'changed') rows[at % (rows.length || 1)] = row(at, 'another', '0000-00-00')
      if (what === 'deleted') rows.splice(at, 1)
      if (what === 'inserted') rows.splice(at, 0, row(1000 + at))
      if (what === 'cut') rows = rows.slice(0, at)
      if (what === 'grown') rows = [...rows, ...Array.from({ length: at }, (_, i) => row(2000 + i))]
    }
    return rows
  }
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 3 }), async (edits) => {
      const files = stored()
      const last = await written(files, 'a', ROWS, FRESH)
      const rows = applied(edits)
      const fresh = await written(files, 'b', rows, FRESH)
      const held = await written(files, 'c', rows, against(last, files))
      assert.deepEqual(sums(held.parts), sums(fresh.parts))
      assert.deepEqual([byCount(held), held.rows], [byCount(fresh), fresh.rows])
      for (const { key, sha256 } of held.parts) assert.equal(sha256Of(files.files.get(key)!), sha256)
      // and the one after it finds all of it as it is
      assert.deepEqual(await written(files, 'd', rows, against(held, files)), held)
    }),
    { numRuns: 150 },
  )
})

test('a table that only grew, from wherever a row group or a file ended', async () => {
  const ends = { full: 0, begun: 0 }
  for (let length = 1; length < ROWS.length; length++) {
    const files = stored()
    const last = await written(files, 'a', ROWS.slice(0, length), FRESH)
    const fresh = await written(files, 'b', ROWS, FRESH)
    const held = await written(files, 'c', ROWS, against(last, files))
    assert.deepEqual(sums(held.parts), sums(fresh.parts), `from ${length} rows`)
    const end = last.parts.at(-1)!.groups!.length - 1
    const at = fresh.parts[last.parts.length - 1]!.groups!
    if (at[end]!.digest === last.parts.at(-1)!.groups![end]!.digest) ends[at.length === end + 1 ? 'full' : 'begun']++
  }
  assert.ok(ends.full > 0 && ends.begun > 0, JSON.stringify(ends))
})

test('files before the first change stay where they are, and an independent reader finds every row', async () => {
  const files = stored()
  const first = await written(files, 'a', ROWS, FRESH)
  const rows = ROWS.map((each, id) => (id === 120 ? row(id, 'another') : each))
  const second = await written(files, 'b', rows, against(first, files))
  const origins = second.parts.map(({ key }) => key[0])
  assert.ok(origins.lastIndexOf('a') > 0 && origins.indexOf('b') === origins.lastIndexOf('a') + 1, origins.join())
  const read = await Promise.all(second.parts.map(({ key }) => readBack(files.files.get(key)!)))
  assert.deepEqual(
    read.flatMap((file) => file.rows.map(({ id, name }) => [id, name])),
    rows.map(([id, name]) => [Number(id), name]),
  )
})

test('what is written otherwise is written anew', async () => {
  const files = stored()
  const first = await written(files, 'a', ROWS, FRESH)
  const second = await written(files, 'b', ROWS, against(first, files, 'another'))
  assert.ok(second.parts.every(({ key }) => key.startsWith('b')))
  assert.notDeepEqual(sums(second.parts), sums(first.parts))
})

test('a value that is refused is refused behind rows that hold as well', async () => {
  const files = stored()
  const first = await written(files, 'a', ROWS, FRESH)
  const rows = ROWS.map((each, id) => (id === 150 ? row(id, 'x', 'no date') : each))
  await assert.rejects(written(files, 'b', rows, against(first, files)), {
    name: 'ValueError',
    message: /^t\.day: 1 value/,
  })
})

test('a last copy that goes away while it is gone on with is an error to try again after', async () => {
  const files = stored()
  const first = await written(files, 'a', ROWS, FRESH)
  const read: LastCopy['read'] = () => {
    throw new UnavailableError('it went away')
  }
  const last = { parts: first.parts as KnownPart[], read }
  await assert.rejects(written(files, 'b', [...ROWS, row(999)], { seed: 's', last }), { name: 'UnavailableError' })
})
