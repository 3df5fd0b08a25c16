/**
 * The VPC that MySQL is in, when it is in one. It is there already, with ways out to S3 (a gateway endpoint), Secrets
 * Manager and, for Plan, Snowflake (a NAT gateway or PrivateLink).
 */

import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { type IVpc, SecurityGroup, Subnet, type SubnetSelection, Vpc } from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { Network } from './deployment.ts'

type VpcProps = { vpc: IVpc; vpcSubnets: SubnetSelection; securityGroups: ISecurityGroup[] }

const existing = (scope: Construct, { vpcId, subnetIds, securityGroupIds }: Network): VpcProps => ({
  // a function needs the ids only; which zones they are in is never asked, and so no look-up and no credentials
  vpc: Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: [] }),
  vpcSubnets: { subnets: subnetIds.map((id) => Subnet.fromSubnetId(scope, `Subnet-${id}`, id)) },
  securityGroups: securityGroupIds.map((id) =>
    SecurityGroup.fromSecurityGroupId(scope, `SecurityGroup-${id}`, id, { mutable: false }),
  ),
})

const made = new WeakMap<Construct, VpcProps>()

/** A function's part in an existing network; nothing without one. The same for every function of a stack. */
export const vpcProps = (scope: Construct, network: Network | null): VpcProps | Record<string, never> => {
  if (network === null) return {}
  const props = made.get(scope) ?? existing(scope, network)
  made.set(scope, props)
  return props
}
