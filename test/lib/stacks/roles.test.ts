/** Least privilege: every role's rights, written out, so that a new one is seen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NETWORK, rights, type Statement, synthesized } from './synthesized.ts'

const { template } = synthesized()

const OF_EVERY_FUNCTION = (stage: string) => [
  `logs:CreateLogStream ${stage}Log`,
  `logs:PutLogEvents ${stage}Log`,
  's3:ListBucket Staging',
  'xray:PutTelemetryRecords *',
  'xray:PutTraceSegments *',
]
const files = (...prefixes: string[]) =>
  prefixes.flatMap((prefix) => [`s3:GetObject Staging/${prefix}/*`, `s3:PutObject Staging/${prefix}/*`])
const login = (...names: string[]) => names.map((name) => `secretsmanager:GetSecretValue ${name}Secret`)

const OWN: Record<string, string[]> = {
  Plan: [...files('runs', 'leases', 'schedules'), ...login('Mysql', 'Snowflake'), 'sts:AssumeRole SnowflakeLogin'],
  Extract: [...files('runs', 'leases'), 's3:AbortMultipartUpload Staging/runs/*', ...login('Mysql')],
  Load: [...files('runs', 'leases'), ...login('Snowflake'), 'sts:AssumeRole SnowflakeLogin'],
  Transform: [...files('runs'), ...login('Snowflake'), 'sts:AssumeRole SnowflakeLogin'],
  Fail: files('runs'),
  Report: [...files('runs', 'leases'), 'sqs:SendMessage Undelivered'],
}

for (const [stage, own] of Object.entries(OWN))
  test(`${stage} may do its own work and no more`, () =>
    assert.deepEqual(rights(template, new RegExp(`^${stage}Role`)), [...OF_EVERY_FUNCTION(stage), ...own].sort()))

test('the state machine invokes the functions, starts its own tables, reads their list', () => {
  const own = rights(template, /^PipelineRole/).filter((right) => !/^(logs|xray):/.test(right))
  const execution = 'arn:AWS::Partition:states:AWS::Region:AWS::AccountId:execution:firn-dev'
  const steered = ['DescribeExecution', 'RedriveExecution', 'StopExecution']
  assert.deepEqual(
    own,
    [
      ...Object.keys(OWN).map((stage) => `lambda:InvokeFunction ${stage}`),
      's3:GetObject Staging/runs/*/tables.json',
      'states:StartExecution arn:AWS::Partition:states:AWS::Region:AWS::AccountId:stateMachine:firn-dev',
      ...steered.flatMap((action) => [`states:${action} ${execution}/Tables:*`, `states:${action} ${execution}:*`]),
    ].sort(),
  )
})

test('the scheduler starts the pipeline and fills the queue, and only for the schedules of this stack', () => {
  assert.deepEqual(rights(template, /^SchedulesRole/), [
    'sqs:GetQueueAttributes Undelivered',
    'sqs:GetQueueUrl Undelivered',
    'sqs:SendMessage Undelivered',
    'states:StartExecution Pipeline',
  ])
  const [role] = Object.entries(template.findResources('AWS::IAM::Role')).filter(([id]) =>
    id.startsWith('SchedulesRole'),
  )
  const [trust] = role![1].Properties.AssumeRolePolicyDocument.Statement as Statement[]
  assert.deepEqual(trust!.Principal, { Service: 'scheduler.amazonaws.com' })
  const { StringEquals } = trust!.Condition as { StringEquals: Record<string, unknown> }
  assert.deepEqual(StringEquals['aws:SourceAccount'], { Ref: 'AWS::AccountId' })
  assert.match(JSON.stringify(StringEquals['aws:SourceArn']), /Schedules/)
})

test('Snowflake reads the files of runs, and lists nothing else', () => {
  assert.deepEqual(rights(template, /^SnowflakeRole/), [
    's3:GetBucketLocation Staging',
    's3:GetObject Staging/runs/*',
    's3:GetObjectVersion Staging/runs/*',
    's3:ListBucket Staging',
  ])
  const text = JSON.stringify(template.findResources('AWS::IAM::Policy'))
  assert.match(text, /"s3:ListBucket","Condition":\{"StringLike":\{"s3:prefix":\["runs\/\*"\]\}\}/)
})

test('Snowflake is trusted by its user and external id, nobody else before they are known', () => {
  const { Parameters, Conditions } = template.toJSON()
  assert.equal(Parameters.SnowflakeIamUserArn.Default, '')
  assert.deepEqual(Conditions.SnowflakeIsKnown, { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'SnowflakeIamUserArn' }, ''] }] })
  const [role] = Object.entries(template.findResources('AWS::IAM::Role')).filter(([id]) =>
    id.startsWith('SnowflakeRole'),
  )
  const [trust] = role![1].Properties.AssumeRolePolicyDocument.Statement as Statement[]
  const { AWS: principal } = trust!.Principal as { AWS: { 'Fn::If': unknown[] } }
  const [condition, known, before] = principal['Fn::If']
  assert.equal(condition, 'SnowflakeIsKnown')
  assert.deepEqual(known, { Ref: 'SnowflakeIamUserArn' })
  assert.match(JSON.stringify(before), /AWS::AccountId.*:root/)
  assert.deepEqual(trust!.Condition, { StringEquals: { 'sts:ExternalId': { Ref: 'SnowflakeExternalId' } } })
})

test('no role of ours may do everything of anything', () => {
  for (const each of [template, synthesized({ env: 'prod', network: NETWORK }).template]) {
    const all = rights(each, /./)
    assert.ok(all.length > 50)
    assert.deepEqual(
      all.filter((right) => right.split(' ')[0]!.includes('*')),
      [],
    )
    assert.deepEqual(
      Object.values(each.findResources('AWS::IAM::Role')).filter(({ Properties }) => Properties.ManagedPolicyArns),
      [],
    )
  }
})
