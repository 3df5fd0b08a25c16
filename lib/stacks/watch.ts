/** What watches over runs: the rule that brings Report those no Catch saw, the alarms, and where undelivered events go. */
import { Aws, Duration, Stack } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import type { Deployment } from './deployment.ts'
import { removalPolicy } from './lifetime.ts'

/** Where what could not be delivered waits for people: schedules that started nothing, endings Report was not told of. */
export const undeliveredQueue = (scope: Construct, { env }: Deployment): Queue => {
  const queue = new Queue(scope, 'Undelivered', {
    queueName: `firn-${env}-undelivered`,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy: removalPolicy(env),
  })
  accept(queue, { SQS3: 'It is the dead-letter queue; an alarm watches it' })
  return queue
}

/**
 * Tells Report of every execution that ended badly. Report gives `{ event: { executionArn, name, status, input, … } }`
 * a look: a run that it has reported itself is left alone. The event's detail is passed whole, since `input` is JSON in a
 * text, which an input transformer would not escape.
 */
export const endingsRule = (scope: Construct, machine: StateMachine, report: IFunction, undelivered: Queue): Rule =>
  new Rule(scope, 'Endings', {
    description:
      'firn: an abort, a time-out and an error of the state machine itself reach no state, so Report is told',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [machine.stateMachineArn], status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
    },
    targets: [
      new LambdaFunction(report, {
        event: RuleTargetInput.fromObject({ event: EventField.fromPath('$.detail') }),
        deadLetterQueue: undelivered,
        retryAttempts: 10,
        maxEventAge: Duration.hours(6),
      }),
    ],
  })

/** Alarms of this account, and nothing else that CloudWatch does for anyone. */
const fromOurAlarms = (scope: Construct) => ({
  principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
  conditions: {
    StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
    ArnLike: { 'aws:SourceArn': Stack.of(scope).formatArn({ service: 'cloudwatch', resource: 'alarm:*' }) },
  },
})

/**
 * The topic alarms speak through. Its key is of our own, since CloudWatch may not use the one that AWS manages for SNS;
 * and its policy must let CloudWatch in by name, since any policy of one's own takes the place of the default that does.
 */
const alertsTopic = (scope: Construct, { env, alarmEmail }: Deployment): Topic => {
  const key = new Key(scope, 'AlertsKey', {
    description: `firn ${env}: alarms`,
    enableKeyRotation: true,
    removalPolicy: removalPolicy(env),
  })
  const use = ['kms:Decrypt', 'kms:GenerateDataKey']
  key.addToResourcePolicy(new PolicyStatement({ actions: use, resources: ['*'], ...fromOurAlarms(scope) }))
  const topic = new Topic(scope, 'Alerts', { topicName: `firn-${env}-alerts`, masterKey: key, enforceSSL: true })
  topic.addToResourcePolicy(
    new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn], ...fromOurAlarms(scope) }),
  )
  if (alarmEmail) topic.addSubscription(new EmailSubscription(alarmEmail))
  return topic
}

/** Alarms on runs that did not succeed and on events nobody got; gives the topic they speak through. */
export const alarms = (scope: Construct, deployment: Deployment, machine: StateMachine, undelivered: Queue): Topic => {
  const topic = alertsTopic(scope, deployment)
  const threshold = {
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  }
  const period = Duration.minutes(5)
  const runs = {
    failed: machine.metricFailed({ period }),
    'timed-out': machine.metricTimedOut({ period }),
    aborted: machine.metricAborted({ period }),
  }
  const ofRuns = Object.entries(runs).map(
    ([ended, metric]) =>
      new Alarm(scope, `Runs-${ended}`, {
        alarmName: `firn-${deployment.env}-runs-${ended}`,
        alarmDescription: `A run ${ended === 'failed' ? 'failed' : `was ${ended}`}. Where and why: npm run -s firn -- report`,
        metric,
        ...threshold,
      }),
  )
  const events = new Alarm(scope, 'EventsUndelivered', {
    alarmName: `firn-${deployment.env}-events-undelivered`,
    alarmDescription: `A schedule started nothing, or Report was not told of an ending: look into the queue ${undelivered.queueName}`,
    metric: undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    ...threshold,
  })
  for (const alarm of [...ofRuns, events]) alarm.addAlarmAction(new SnsAction(topic))
  return topic
}
