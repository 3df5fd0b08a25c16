/** The state machine: statemachines/pipeline.asl.json as it stands, with the names and numbers of this deployment. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ArnFormat, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { acceptBroad } from './accepted.ts'
import { ROOT } from './bundling.ts'
import type { Deployment } from './deployment.ts'
import type { Functions } from './functions.ts'
import { removalPolicy } from './lifetime.ts'
import { STAGES, stateName } from './stages.ts'

/** What an inline Map can do at once (Step Functions' guide, "Map state processing modes"). */
const INLINE_MAP_LIMIT = 40

const DEFINITION = join(ROOT, 'statemachines', 'pipeline.asl.json')

type MachineProps = { deployment: Deployment; defaultJob: string; functions: Functions; bucket: Bucket }

/** The definition with its two numbers set: a substitution could only be text, and the file is to stay plain JSON. */
export const definition = ({ tablesAtOnce, extractConcurrency }: Deployment) => {
  const read = JSON.parse(readFileSync(DEFINITION, 'utf8'))
  const tables = read.States.Tables
  tables.MaxConcurrency = tablesAtOnce
  tables.ItemProcessor.States.Chunks.MaxConcurrency = Math.min(extractConcurrency ?? INLINE_MAP_LIMIT, INLINE_MAP_LIMIT)
  return read
}

/** `${PlanArn}` and its like. */
const substitutions = (functions: Functions, defaultJob: string): Record<string, string> => ({
  DefaultJob: defaultJob,
  ...Object.fromEntries(STAGES.map((stage) => [`${stateName(stage)}Arn`, functions[stage].functionArn])),
})

const ITEMS = 'runs/*/tables.json'

const arn = (scope: Construct, resource: string, resourceName: string) =>
  Stack.of(scope).formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })

const executions = (scope: Construct, name: string) => arn(scope, 'execution', name)

/** A Distributed Map starts executions of its own machine, and reads its list of items itself (guide, "IAM policies"). */
const distributedMap = (scope: Construct, name: string, bucket: Bucket): PolicyStatement[] => {
  return [
    new PolicyStatement({ actions: ['states:StartExecution'], resources: [arn(scope, 'stateMachine', name)] }),
    new PolicyStatement({
      actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
      resources: [executions(scope, `${name}/Tables:*`), executions(scope, `${name}:*`)],
    }),
    new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(ITEMS)] }),
  ]
}

/** Makes the machine, `firn-<env>`. */
export const pipelineMachine = (scope: Construct, props: MachineProps): StateMachine => {
  const { deployment, functions, bucket } = props
  const stateMachineName = `firn-${deployment.env}`
  const log = new LogGroup(scope, 'PipelineLog', {
    logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: removalPolicy(deployment.env),
  })
  const machine = new StateMachine(scope, 'Pipeline', {
    stateMachineName,
    definitionBody: DefinitionBody.fromString(JSON.stringify(definition(deployment))),
    definitionSubstitutions: substitutions(functions, props.defaultJob),
    tracingEnabled: true,
    // what states pass are names, so it may stand in the log
    logs: { destination: log, level: LogLevel.ALL, includeExecutionData: true },
    removalPolicy: removalPolicy(deployment.env),
  })
  const functionArns = STAGES.map((stage) => functions[stage].functionArn)
  machine.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functionArns }))
  for (const statement of distributedMap(scope, stateMachineName, bucket)) machine.addToRolePolicy(statement)
  acceptBroad(machine, '*', 'X-Ray takes traces, and CloudWatch Logs deliveries of vended logs, without a resource')
  acceptBroad(machine, executions(scope, `${stateMachineName}:*`), 'Executions have names of their own')
  acceptBroad(machine, executions(scope, `${stateMachineName}/Tables:*`), 'So have those of its Distributed Map')
  acceptBroad(machine, bucket.arnForObjects(ITEMS), 'The list of tables of every run')
  return machine
}
