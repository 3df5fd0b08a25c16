/** What starts runs and what watches over them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Match } from 'aws-cdk-lib/assertions'
import { synthesized } from './synthesized.ts'

const { template } = synthesized()

test('a job with a schedule has one, in its time zone, with a way out for what fails', () => {
  template.resourceCountIs('AWS::Scheduler::Schedule', 2)
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    Name: 'nightly',
    GroupName: 'firn-dev',
    ScheduleExpression: 'cron(0 2 * * ? *)',
    ScheduleExpressionTimezone: 'America/Sao_Paulo',
    State: 'ENABLED',
    Target: {
      Arn: { Ref: Match.stringLikeRegexp('^Pipeline') },
      Input: '{"job":"nightly","scheduledAt":"<aws.scheduler.scheduled-time>"}',
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
      DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Undelivered'), 'Arn'] } },
    },
  })
  template.hasResourceProperties('AWS::Scheduler::Schedule', { Name: 'hourly', ScheduleExpressionTimezone: 'Etc/UTC' })
})

test('the queue of what was not delivered is encrypted and takes TLS only', () => {
  template.hasResourceProperties('AWS::SQS::Queue', {
    QueueName: 'firn-dev-undelivered',
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 86_400,
  })
  template.hasResourceProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        // the rule writes here what Report could not be told
        Match.objectLike({
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Principal: { Service: 'events.amazonaws.com' },
        }),
      ]),
    },
  })
})

test('Report is told of every execution that ended badly, with the event whole', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    State: 'ENABLED',
    EventPattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [{ Ref: Match.stringLikeRegexp('^Pipeline') }],
        status: ['ABORTED', 'TIMED_OUT', 'FAILED'],
      },
    },
    Targets: [
      Match.objectLike({
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Report'), 'Arn'] },
        InputTransformer: { InputPathsMap: { detail: '$.detail' }, InputTemplate: '{"event":<detail>}' },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Undelivered'), 'Arn'] } },
      }),
    ],
  })
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'events.amazonaws.com',
    FunctionName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Report'), 'Arn'] },
  })
})

test('an event that Report fails over three times is kept', () => {
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'firn-dev-report',
    DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Undelivered'), 'Arn'] } },
  })
})

test('an alarm for each way a run can end badly, and one for the queue, all to the topic', () => {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties)
  assert.deepEqual(alarms.map(({ MetricName }) => MetricName).sort(), [
    'ApproximateNumberOfMessagesVisible',
    'ExecutionsAborted',
    'ExecutionsFailed',
    'ExecutionsTimedOut',
  ])
  for (const { Threshold, TreatMissingData, AlarmActions } of alarms) {
    assert.equal(Threshold, 1)
    assert.equal(TreatMissingData, 'notBreaching')
    assert.match(JSON.stringify(AlarmActions), /^\[\{"Ref":"Alerts/)
  }
})

test('the topic is encrypted, and CloudWatch may write to it', () => {
  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() })
  const cloudwatch = (Action: string | string[]) =>
    Match.objectLike({
      Effect: 'Allow',
      Action,
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: Match.objectLike({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }),
    })
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: { Statement: Match.arrayWith([cloudwatch('sns:Publish')]) },
  })
  template.hasResourceProperties('AWS::KMS::Key', {
    EnableKeyRotation: true,
    KeyPolicy: { Statement: Match.arrayWith([cloudwatch(['kms:Decrypt', 'kms:GenerateDataKey'])]) },
  })
})

test('an address given is told', () => {
  template.resourceCountIs('AWS::SNS::Subscription', 0)
  synthesized({ alarmEmail: 'data@example.org' }).template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'data@example.org',
  })
})
