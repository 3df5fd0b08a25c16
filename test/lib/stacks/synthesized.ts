/** Stacks as tests look at them: synthesized in memory, with the flags of cdk.json, without bundling. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import type { Metadata } from '../../../lib/model.ts'
import { type Deployment, readDeployment } from '../../../lib/stacks/deployment.ts'
import { PipelineStack } from '../../../lib/stacks/pipeline-stack.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> }

const METADATA: Metadata = {
  folder: 'metadata',
  tables: [{ table: 'orders', load_strategy: 'full', description: 'Orders' }],
  jobs: [
    {
      job: 'nightly',
      description: 'Every table',
      tables: '*',
      schedule: 'cron(0 2 * * ? *)',
      time_zone: 'America/Sao_Paulo',
      lag_seconds: 120,
      transform: true,
    },
    {
      job: 'hourly',
      description: 'Orders',
      tables: ['orders'],
      schedule: 'rate(1 hour)',
      lag_seconds: 0,
      transform: false,
    },
    { job: 'by-hand', description: 'Orders', tables: ['orders'], lag_seconds: 0, transform: false },
  ],
  defaultJob: 'nightly',
  schemas: {},
  digest: '0123456789abcdef',
}

export const NETWORK = {
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  securityGroupIds: ['sg-0123456789abcdef0'],
}

/** The app of a deployment: the defaults, but for what is given. */
export const synthesized = (changes: Partial<Deployment> = {}) => {
  const app = new App({
    context: { ...context, 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
  })
  const deployment = { ...readDeployment(() => undefined, {}), ...changes }
  const stack = new PipelineStack(app, { deployment, metadata: METADATA })
  return { app, stack, template: Template.fromStack(stack) }
}

export type Statement = {
  Effect: string
  Action: string | string[]
  Resource: unknown
  Principal?: unknown
  Condition?: unknown
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])

/** What a role may do, one line an action and resource, such as `s3:GetObject Staging/runs/*`. */
export const rights = (template: Template, role: RegExp): string[] => {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => role.test(id))
  const statements = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[])
  return statements
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap((action) => list(Resource).map((resource) => `${action} ${readable(resource)}`)),
    )
    .sort()
}

/** `{ Fn::GetAtt: [StagingAB12CD34, Arn] }` → `Staging`. */
const readable = (resource: unknown): string => {
  if (typeof resource === 'string') return resource
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref: ref } = resource as Record<string, never>
  if (join) return (join[1] as unknown[]).map(readable).join('')
  return String(attribute ? attribute[0] : ref).replace(/[0-9A-F]{8}$/, '')
}
