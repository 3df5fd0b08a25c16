/** What starts runs: a schedule for every job of metadata/jobs.json that has one. */
import { Aws, Duration, TimeZone } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler'
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import type { Job } from '../model.ts'
import type { Deployment } from './deployment.ts'
import { removalPolicy } from './lifetime.ts'

type SchedulesProps = { deployment: Deployment; jobs: Job[]; machine: StateMachine; undelivered: Queue }

/** Only this group of this account may take the role: another account's schedule naming it is turned away. */
const schedulerRole = (scope: Construct, group: ScheduleGroup, { machine, undelivered }: SchedulesProps): Role => {
  const role = new Role(scope, 'SchedulesRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group.scheduleGroupArn },
      },
    }),
    description: 'firn: lets EventBridge Scheduler start runs',
  })
  machine.grantStartExecution(role)
  undelivered.grantSendMessages(role)
  return role
}

/**
 * The schedules, enabled. The input tells the time that was meant, so that a second delivery of the same one (Scheduler
 * delivers at least once) can be told from a run of its own.
 */
export const jobSchedules = (scope: Construct, props: SchedulesProps): Schedule[] => {
  const { deployment, jobs, machine, undelivered } = props
  const group = new ScheduleGroup(scope, 'Schedules', {
    scheduleGroupName: `firn-${deployment.env}`,
    removalPolicy: removalPolicy(deployment.env),
  })
  const role = schedulerRole(scope, group, props)
  return jobs
    .filter(({ schedule }) => schedule !== undefined)
    .map(
      ({ job, description, schedule, time_zone }) =>
        new Schedule(scope, `Schedule-${job}`, {
          scheduleName: job,
          scheduleGroup: group,
          description,
          schedule: ScheduleExpression.expression(schedule!, TimeZone.of(time_zone ?? 'Etc/UTC')),
          target: new StepFunctionsStartExecution(machine, {
            role,
            input: ScheduleTargetInput.fromObject({ job, scheduledAt: ContextAttribute.scheduledTime }),
            deadLetterQueue: undelivered,
            retryAttempts: 10,
            maxEventAge: Duration.hours(1),
          }),
        }),
    )
}
