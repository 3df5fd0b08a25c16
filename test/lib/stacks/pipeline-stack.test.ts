import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Capture, Match } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { STAGES } from '../../../lib/stacks/stages.ts'
import { NETWORK, synthesized } from './synthesized.ts'

const { app, stack, template } = synthesized()

test("cdk-nag's AwsSolutions pack has no finding without a written reason", () => {
  for (const each of [app, synthesized({ env: 'prod', network: NETWORK, alarmEmail: 'data@example.org' }).app])
    assert.deepEqual(new AwsSolutionsChecks().validateScope(each).violations, [])
})

test('cdk-nag does look: a bucket without TLS is found', () => {
  const broken = synthesized()
  for (const policy of ['Policy']) broken.stack.node.findChild('Staging').node.tryRemoveChild(policy)
  const found = new AwsSolutionsChecks().validateScope(broken.app).violations.map(({ ruleName }) => ruleName)
  assert.deepEqual(found, ['AwsSolutions-S10'])
})

test('the bucket is encrypted, private, TLS only, and lets runs expire', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketName: { 'Fn::Join': ['', ['firn-dev-staging-', { Ref: 'AWS::AccountId' }, '-', { Ref: 'AWS::Region' }]] },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    LifecycleConfiguration: {
      Rules: Match.arrayWith([
        Match.objectLike({ Prefix: 'runs/', ExpirationInDays: 90, Status: 'Enabled' }),
        Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
      ]),
    },
  })
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ]),
    },
  })
})

test('leases never expire', () => {
  const [bucket] = Object.values(template.findResources('AWS::S3::Bucket'))
  const rules = bucket!.Properties.LifecycleConfiguration.Rules as { Prefix?: string; ExpirationInDays?: number }[]
  const expiring = rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined)
  assert.deepEqual(expiring.map(({ Prefix }) => Prefix).sort(), ['runs/', 'schedules/'])
})

test('every function has a log group of 30 days, tracing, and the current runtime', () => {
  template.resourceCountIs('AWS::Lambda::Function', STAGES.length)
  for (const stage of STAGES) {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: `firn-dev-${stage}`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
    })
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: `/aws/lambda/firn-dev-${stage}`,
      RetentionInDays: 30,
    })
  }
  template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 })
})

test('reserved concurrency caps extract, and only extract', () => {
  const capped = (concurrency: number | null) =>
    Object.values(synthesized({ extractConcurrency: concurrency }).template.findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => [Properties.FunctionName, Properties.ReservedConcurrentExecutions])
      .filter(([, reserved]) => reserved !== undefined)
  assert.deepEqual(capped(3), [['firn-dev-extract', 3]])
  assert.deepEqual(capped(null), [])
})

test('Extract alone ends when it is told to', () => {
  const timeouts = (context: Record<string, unknown>) =>
    Object.fromEntries(
      Object.values(synthesized(context).template.findResources('AWS::Lambda::Function')).map(({ Properties }) => [
        Properties.FunctionName,
        Properties.Timeout,
      ]),
    )
  const usual = timeouts({})
  assert.equal(usual['firn-dev-extract'], 900)
  assert.deepEqual(timeouts({ extractSeconds: 30 }), { ...usual, 'firn-dev-extract': 30 })
})

test('secrets hold nothing, and no two functions know more than they need', () => {
  const secrets = Object.values(template.findResources('AWS::SecretsManager::Secret'))
  assert.equal(secrets.length, 2)
  for (const { Properties } of secrets) assert.deepEqual(Object.keys(JSON.parse(Properties.SecretString)), ['fill'])
  const told = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => {
    const names = Object.keys(Properties.Environment.Variables).filter((name) => name.endsWith('_SECRET'))
    return `${Properties.FunctionName}: ${names.sort().join(' ')}`
  })
  assert.deepEqual(told.sort(), [
    'firn-dev-extract: FIRN_MYSQL_SECRET',
    'firn-dev-fail: ',
    'firn-dev-load: FIRN_SNOWFLAKE_SECRET',
    'firn-dev-plan: FIRN_MYSQL_SECRET FIRN_SNOWFLAKE_SECRET',
    'firn-dev-report: ',
    'firn-dev-transform: FIRN_SNOWFLAKE_SECRET',
  ])
})

test('only the functions that talk to MySQL are put into a VPC', () => {
  const inVpc = Object.values(synthesized({ network: NETWORK }).template.findResources('AWS::Lambda::Function'))
    .filter(({ Properties }) => Properties.VpcConfig)
    .map(({ Properties }) => [Properties.FunctionName, Properties.VpcConfig])
  const config = { SubnetIds: NETWORK.subnetIds, SecurityGroupIds: NETWORK.securityGroupIds }
  assert.deepEqual(inVpc, [
    ['firn-dev-plan', config],
    ['firn-dev-extract', config],
  ])
})

test('MinIO is passed through only when it is set', () => {
  const minio = {
    MINIO_ENDPOINT: 'http://minio:9000',
    MINIO_ROOT_USER: 'u',
    MINIO_ROOT_PASSWORD: 'p',
    MINIO_BUCKET: 'b',
  }
  const environments = (of: typeof template) =>
    Object.values(of.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties.Environment.Variables)
  for (const variables of environments(synthesized({ minio }).template))
    for (const [name, value] of Object.entries(minio)) assert.equal(variables[name], value)
  assert.doesNotMatch(JSON.stringify(environments(template)), /MINIO/)
})

test('production stays when its stack is deleted; development goes', () => {
  const policies = (of: typeof template, type: string) =>
    Object.values(of.findResources(type)).map(({ DeletionPolicy }) => DeletionPolicy as string)
  const prod = synthesized({ env: 'prod' })
  for (const type of ['AWS::S3::Bucket', 'AWS::SecretsManager::Secret', 'AWS::Logs::LogGroup']) {
    assert.deepEqual(new Set(policies(prod.template, type)), new Set(['Retain']))
    assert.deepEqual(new Set(policies(template, type)), new Set(['Delete']))
  }
  assert.equal(prod.stack.terminationProtection, true)
  assert.equal(stack.terminationProtection, false)
})

test('the outputs that the command line reads are there', () => {
  assert.deepEqual(Object.keys(template.toJSON().Outputs).sort(), [
    'AlertsTopicArn',
    'BucketName',
    'MetadataDigest',
    'MysqlSecretArn',
    'SnowflakeLoginRoleArn',
    'SnowflakeRoleArn',
    'SnowflakeSecretArn',
    'StateMachineArn',
  ])
  template.hasOutput('MetadataDigest', { Value: '0123456789abcdef' })
})

test('the same template goes to the twin, but for the tables at once', () => {
  const text = (changes: Parameters<typeof synthesized>[0]) => JSON.stringify(synthesized(changes).template.toJSON())
  assert.equal(text({ twin: true }), text({ twin: false }))
})

test('the state machine is the file, with numbers and names of the deployment', () => {
  const text = new Capture()
  const { template: of } = synthesized({ tablesAtOnce: 3, extractConcurrency: 5 })
  of.hasResourceProperties('AWS::StepFunctions::StateMachine', {
    StateMachineName: 'firn-dev',
    DefinitionString: text,
    TracingConfiguration: { Enabled: true },
    LoggingConfiguration: Match.objectLike({ Level: 'ALL' }),
    DefinitionSubstitutions: Match.objectLike({ DefaultJob: 'nightly' }),
  })
  const { Tables } = JSON.parse(text.asString()).States
  assert.equal(Tables.MaxConcurrency, 3)
  assert.equal(Tables.ItemProcessor.States.Chunks.MaxConcurrency, 5)
})

test('the definition and its substitutions name the same things', () => {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'))
  const { DefinitionString, DefinitionSubstitutions } = machine!.Properties
  const asked = [...(DefinitionString as string).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!)
  assert.deepEqual([...new Set(asked)].sort(), Object.keys(DefinitionSubstitutions).sort())
})
