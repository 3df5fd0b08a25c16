/** The role that the functions become to log into Snowflake by workload identity. It may do nothing else. */
import { CompositePrincipal, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Deployment } from './deployment.ts'
import type { Functions } from './functions.ts'
import { NEEDS, STAGES } from './stages.ts'

/**
 * A user of Snowflake is tied to one role, and each function has its own: so this one says who they all are. Snowflake asks
 * AWS for its name (GetCallerIdentity), which needs no right.
 */
export const snowflakeLoginRole = (scope: Construct, { env }: Deployment, functions: Functions): Role => {
  const who = STAGES.filter((stage) => NEEDS[stage].logins.includes('snowflake')).map((stage) => functions[stage].role!)
  const role = new Role(scope, 'SnowflakeLogin', {
    assumedBy: new CompositePrincipal(...who.map(({ grantPrincipal }) => grantPrincipal)),
    description: `firn ${env}: whom Snowflake lets in by workload identity`,
  })
  for (const each of who) role.grantAssumeRole(each)
  return role
}
