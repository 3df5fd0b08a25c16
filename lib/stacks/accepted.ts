/** Findings of cdk-nag that are accepted, each with its reason, written beside the construct it is about. */
import { Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Accepts findings on a construct and what is below it: a rule of the AwsSolutions pack, such as `S1`, and why. */
export const accept = (construct: IConstruct, findings: Record<string, string>): void =>
  Validations.of(construct).acknowledge(
    ...Object.entries(findings).map(([rule, reason]) => ({ id: `AwsSolutions-${rule}`, reason })),
  )

/** An ARN as cdk-nag writes it: `{ Fn::GetAtt: [Staging, Arn] }` is `<Staging.Arn>`, `{ Ref: X }` is `<X>`. */
const flat = (value: unknown): string => {
  if (typeof value === 'string') return value
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref: ref } = value as Record<string, never>
  if (join) return (join[1] as unknown[]).map(flat).join(join[0])
  return attribute ? `<${(attribute as string[]).join('.')}>` : `<${ref}>`
}

/** Accepts that a policy of a construct names resources by a pattern. */
export const acceptBroad = (construct: IConstruct, resource: string, reason: string): void =>
  accept(construct, { [`IAM5[Resource::${flat(Stack.of(construct).resolve(resource))}]`]: reason })
