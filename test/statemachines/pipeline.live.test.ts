/** The state machine alone, on the AWS twin, with stand-ins for its functions: the way of every run, good and bad. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { readDeployment } from '../../lib/stacks/deployment.ts'
import { STAGES, stateName } from '../../lib/stacks/stages.ts'
import { definition } from '../../lib/stacks/state-machine.ts'
import { stackForTests } from '../stack.ts'
import { type Call, callsOf, type Scenario } from './stand-in.ts'

const ID = `stand-in-${randomUUID().slice(0, 8)}`
const folder = mkdtempSync(join(tmpdir(), 'firn-stand-in-'))
const { endpoint, region } = stackForTests().aws
const client = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const cloudformation = new CloudFormationClient(client)
const s3 = new S3Client({ ...client, forcePathStyle: true })
const sfn = new SFNClient(client)

const ROLE = 'arn:aws:iam::000000000000:role/stand-in'
const DEFAULT_JOB = 'the-default'

const standIn = (stage: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: `${ID}-${stage}`,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Role: ROLE,
    Timeout: 60,
    Code: {
      ZipFile:
        'exports.handler = async (input) => (await import(process.env.STAND_IN)).answer(process.env.STAGE, input)',
    },
    Environment: {
      Variables: {
        STAGE: stage,
        STAND_IN: join(import.meta.dirname, 'stand-in.ts'),
        STAND_IN_FOLDER: folder,
        STAND_IN_BUCKET: ID,
      },
    },
  },
})

const template = () => ({
  Resources: {
    ...Object.fromEntries(STAGES.map((stage) => [stateName(stage), standIn(stage)])),
    Pipeline: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: ID,
        RoleArn: ROLE,
        DefinitionString: JSON.stringify(definition(readDeployment(() => undefined, {}))),
        DefinitionSubstitutions: {
          DefaultJob: DEFAULT_JOB,
          ...Object.fromEntries(
            STAGES.map((stage) => [`${stateName(stage)}Arn`, { 'Fn::GetAtt': [stateName(stage), 'Arn'] }]),
          ),
        },
      },
    },
  },
  Outputs: { Arn: { Value: { Ref: 'Pipeline' } } },
})

let stateMachineArn: string

before(async () => {
  await s3.send(new CreateBucketCommand({ Bucket: ID }))
  await cloudformation.send(new CreateStackCommand({ StackName: ID, TemplateBody: JSON.stringify(template()) }))
  await waitUntilStackCreateComplete({ client: cloudformation, maxWaitTime: 60, minDelay: 1 }, { StackName: ID })
  const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: ID }))
  stateMachineArn = Stacks![0]!.Outputs![0]!.OutputValue!
})

after(async () => {
  await cloudformation.send(new DeleteStackCommand({ StackName: ID }))
  rmSync(folder, { recursive: true })
})

const TABLES = [
  { table: 'orders', chunks: ['1', '2'] },
  { table: 'sellers', chunks: ['1'] },
]

type Run = { calls: Call[]; of: (stage: string) => Call['input'][]; ended: DescribeExecutionOutput }

/** Runs a scenario to its end. `tables` null: the list of tables is missing. */
const run = async (
  job: string,
  scenario: Scenario,
  tables: typeof TABLES | null = TABLES,
  input?: object,
): Promise<Run> => {
  writeFileSync(join(folder, `${job}.json`), JSON.stringify(scenario))
  if (tables)
    await s3.send(new PutObjectCommand({ Bucket: ID, Key: `stand-in/${job}.json`, Body: JSON.stringify(tables) }))
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, name: `run-of-${job}`, input: JSON.stringify(input ?? { job }) }),
  )
  const deadline = Date.now() + 60_000
  let ended = await sfn.send(new DescribeExecutionCommand({ executionArn }))
  while (ended.status === 'RUNNING' && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    ended = await sfn.send(new DescribeExecutionCommand({ executionArn }))
  }
  const calls = callsOf(folder, job)
  return { calls, ended, of: (stage) => calls.filter((call) => call.stage === stage).map((call) => call.input) }
}

const counts = ({ of }: Run) => Object.fromEntries(STAGES.map((stage) => [stage, of(stage).length]))
const ALL_WELL = { plan: 1, extract: 3, load: 2, transform: 1, fail: 0, report: 1 }

suite('the pipeline', { concurrency: true }, () => {
  test('a good run passes names, and only names, from plan to report', async () => {
    const request = { job: 'good', fullRefresh: true }
    const found = await run('good', {}, TABLES, request)
    const names = { job: 'good', runId: 'run-of-good' }
    assert.equal(found.ended.status, 'SUCCEEDED')
    assert.deepEqual(counts(found), ALL_WELL)
    assert.deepEqual(found.of('plan'), [{ ...names, request, executionArn: found.ended.executionArn }])
    const byName = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
    assert.deepEqual(found.of('extract').sort(byName), [
      { ...names, table: 'orders', chunk: '1' },
      { ...names, table: 'orders', chunk: '2' },
      { ...names, table: 'sellers', chunk: '1' },
    ])
    assert.deepEqual(found.of('load').sort(byName), [
      { ...names, table: 'orders' },
      { ...names, table: 'sellers' },
    ])
    assert.deepEqual([...found.of('transform'), ...found.of('report')], [names, names])
    assert.deepEqual([found.calls[0]!.stage, found.calls.at(-1)!.stage], ['plan', 'report'])
  })

  test('started with {}, it runs the default job', async () => {
    const found = await run(DEFAULT_JOB, {}, TABLES, {})
    assert.equal(found.ended.status, 'SUCCEEDED')
    assert.deepEqual([found.of('plan')[0]!.job, found.of('plan')[0]!.request], [DEFAULT_JOB, {}])
  })

  test('a second delivery of a schedule ends skipped, and green', async () => {
    const found = await run('skipped', { plan: [{ status: 'skipped' }] })
    assert.equal(found.ended.status, 'SUCCEEDED')
    assert.deepEqual(counts(found), { plan: 1, extract: 0, load: 0, transform: 0, fail: 0, report: 0 })
  })

  test('no table to move is no failure', async () => {
    const found = await run('nothing', { plan: [{ status: 'idle' }] })
    assert.equal(found.ended.status, 'SUCCEEDED')
    assert.deepEqual(counts(found), { ...ALL_WELL, extract: 0, load: 0 })
  })

  test('what is not available is tried again', async () => {
    const away = 'UnavailableError'
    const found = await run('retried', { plan: [away], 'extract orders 2': [away, away], 'load sellers': [away] })
    assert.equal(found.ended.status, 'SUCCEEDED')
    assert.deepEqual(counts(found), { ...ALL_WELL, plan: 2, extract: 5, load: 3 })
  })

  test('a stage whose time is nearly over goes on in the next call', async () => {
    const on = { done: false }
    const found = await run('long', { 'extract orders 1': [on, on], 'load orders': [on], transform: [on, on] })
    assert.equal(found.ended.status, 'SUCCEEDED')
    assert.deepEqual(counts(found), { ...ALL_WELL, extract: 5, load: 3, transform: 3 })
  })

  test('a table whose extract fails is written down, not loaded, and does not stop the other', async () => {
    const found = await run('no-extract', { 'extract orders 2': ['ValueError'], report: ['RunFailedError'] })
    assert.deepEqual([found.ended.status, found.ended.error], ['FAILED', 'RunFailedError'])
    assert.deepEqual(counts(found), { ...ALL_WELL, load: 1, fail: 1 })
    const [{ error, ...failure }] = found.of('fail') as [Call['input'] & { error: { Error: string; Cause: string } }]
    assert.deepEqual(failure, { job: 'no-extract', runId: 'run-of-no-extract', table: 'orders', stage: 'extract' })
    assert.equal(error.Error, 'ValueError')
    assert.match(JSON.parse(error.Cause).errorMessage, /extract orders 2 was told to fail/)
    assert.equal(found.of('load')[0]!.table, 'sellers')
  })

  test('a table whose load fails is written down, once', async () => {
    const found = await run('no-load', { 'load sellers': ['AuditError'] })
    assert.deepEqual(counts(found), { ...ALL_WELL, fail: 1 })
    assert.deepEqual([found.of('fail')[0]!.table, found.of('fail')[0]!.stage], ['sellers', 'load'])
  })

  test('a failure that cannot be written down stops neither the other table nor the report', async () => {
    const found = await run('not-written', { 'load sellers': ['AuditError'], 'fail sellers': ['RefusedError'] })
    assert.deepEqual(counts(found), { ...ALL_WELL, fail: 1 })
  })

  test('a plan that fails is written down and reported; nothing moves', async () => {
    const found = await run('no-plan', { plan: ['RefusedError'], report: ['RefusedError'] })
    assert.deepEqual([found.ended.status, found.ended.error], ['FAILED', 'RefusedError'])
    assert.deepEqual(counts(found), { plan: 1, extract: 0, load: 0, transform: 0, fail: 1, report: 1 })
    const { error, ...failure } = found.of('fail')[0]!
    assert.deepEqual(failure, { job: 'no-plan', runId: 'run-of-no-plan', table: null, stage: 'plan' })
    assert.equal((error as { Error: string }).Error, 'RefusedError')
  })

  test('a list of tables that cannot be read is written down and reported', async () => {
    const found = await run('no-list', {}, null)
    assert.deepEqual(counts(found), { plan: 1, extract: 0, load: 0, transform: 0, fail: 1, report: 1 })
    assert.deepEqual([found.of('fail')[0]!.stage, found.of('fail')[0]!.table], ['tables', null])
  })

  test('dbt that fails is written down before the report', async () => {
    const found = await run('no-dbt', { transform: ['TransformFailedError'], report: ['RunFailedError'] })
    assert.equal(found.ended.status, 'FAILED')
    assert.deepEqual(
      found.calls.slice(-3).map(({ stage }) => stage),
      ['transform', 'fail', 'report'],
    )
    assert.deepEqual([found.of('fail')[0]!.stage, found.of('fail')[0]!.table], ['transform', null])
  })

  test('the report is reached even if the failure of a stage cannot be written down', async () => {
    const found = await run('no-record', { transform: ['TransformFailedError'], fail: ['RefusedError'] })
    assert.deepEqual(
      found.calls.slice(-3).map(({ stage }) => stage),
      ['transform', 'fail', 'report'],
    )
  })
})
