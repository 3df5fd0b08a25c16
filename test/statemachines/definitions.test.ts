/** Every file of statemachines/: valid, explained, and retrying only what can heal. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import validate from 'asl-validator'
import { NEEDS, STAGES, stateName } from '../../lib/stacks/stages.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'statemachines')

type Retrier = {
  ErrorEquals: string[]
  MaxAttempts: number
  BackoffRate: number
  MaxDelaySeconds: number
  JitterStrategy: string
}
type Catcher = { ErrorEquals: string[]; Next: string; ResultPath: string | null }
type State = {
  Comment?: string
  Type: string
  Parameters?: { FunctionName: string }
  TimeoutSeconds?: number
  Retry?: Retrier[]
  Catch?: Catcher[]
  ItemProcessor?: Machine
  Next?: string
  End?: boolean
}
type Machine = { States: Record<string, State>; TimeoutSeconds?: number; Comment?: string }

const read = (file: string): Machine => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))
const statesOf = ({ States }: Machine): [string, State][] =>
  Object.entries(States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.ItemProcessor ? statesOf(state.ItemProcessor) : []),
  ])
const tasks = (machine: Machine) => statesOf(machine).filter(([, { Type }]) => Type === 'Task')

/** Ours is one; the others are the four that Step Functions' guide asks to retry, and being turned away for now. */
const HEALING = [
  'UnavailableError',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
]
const TURNED_AWAY = 'Lambda.TooManyRequestsException'

const files = globSync('*.json', { cwd: FOLDER })

test('there are definitions', () => assert.ok(files.includes('pipeline.asl.json')))

for (const file of files) {
  const machine = read(file)

  test(`${file} is valid`, () => {
    const verdict = validate(read(file))
    assert.ok(verdict.isValid, verdict.isValid ? '' : verdict.errorsText())
  })

  test(`${file}: every state says what it does`, () => {
    assert.ok(machine.Comment)
    for (const [name, { Comment }] of statesOf(machine)) assert.ok(Comment && Comment.length > 10, name)
  })

  test(`${file}: only what can heal is retried, with backoff, jitter and a longest wait`, () => {
    for (const [name, { Retry }] of tasks(machine)) {
      assert.deepEqual(Retry?.flatMap(({ ErrorEquals }) => ErrorEquals).sort(), [...HEALING, TURNED_AWAY].sort(), name)
      for (const { BackoffRate, MaxDelaySeconds, JitterStrategy } of Retry ?? [])
        assert.deepEqual([BackoffRate, MaxDelaySeconds, JitterStrategy], [2, 60, 'FULL'], name)
    }
  })

  test(`${file}: a task waits longer than its function may take`, () => {
    for (const [name, { Parameters, TimeoutSeconds }] of tasks(machine)) {
      const stage = STAGES.find((each) => Parameters?.FunctionName === `\${${stateName(each)}Arn}`)
      assert.ok(stage, `${name} calls ${Parameters?.FunctionName}`)
      assert.equal(TimeoutSeconds, NEEDS[stage].minutes * 60 + 60, name)
    }
  })

  test(`${basename(file)}: the whole has an end`, () => assert.ok((machine.TimeoutSeconds ?? 0) > 0))
}

const pipeline = read('pipeline.asl.json')
const states = Object.fromEntries(statesOf(pipeline))

test('extract waits far longer to be let in than the others: its reserved concurrency is the cap on MySQL', () => {
  const attempts = (name: string) =>
    states[name]!.Retry!.find(({ ErrorEquals }) => ErrorEquals.includes(TURNED_AWAY))!.MaxAttempts
  const others = tasks(pipeline).filter(([name]) => name !== 'Extract')
  assert.ok(others.length > 5)
  for (const [name] of others) assert.ok(attempts('Extract') >= 10 * attempts(name), name)
})

test('whatever fails is written down before Report: no Catch goes straight there but that of the writing', () => {
  const catching = statesOf(pipeline).filter(([, { Catch }]) => Catch)
  assert.deepEqual(catching.map(([name, { Catch }]) => [name, Catch!.map(({ Next }) => Next).join()]).sort(), [
    ['Chunks', 'ExtractFailed'],
    ['Load', 'LoadFailed'],
    ['Plan', 'PlanFailed'],
    ['StageFailed', 'Report'],
    ['Tables', 'TablesFailed'],
    ['Transform', 'TransformFailed'],
  ])
  for (const name of ['PlanFailed', 'TablesFailed', 'TransformFailed']) assert.equal(states[name]!.Next, 'StageFailed')
  for (const name of ['ExtractFailed', 'LoadFailed']) assert.equal(states[name]!.Next, 'Fail')
  for (const [name, { Catch }] of catching) assert.deepEqual(Catch![0]!.ErrorEquals, ['States.ALL'], name)
})

test('a run that Report fails is red: nothing catches it', () => {
  assert.equal(states.Report!.Catch, undefined)
  assert.equal(states.Report!.End, true)
})
