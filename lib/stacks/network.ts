/**
 * The VPC that MySQL is in, when it is in one. It is there already, with ways out to S3 (a gateway endpoint), Secrets
 * Manager and, for Plan, Snowflake (a NAT gateway or PrivateLink).
 */

import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { type IVpc, SecurityGroup, Subnet, type SubnetSelection, Vpc } from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { Network } from './deployment.ts'

const UNKNOWN = 'unknown'

type VpcProps = { vpc: IVpc; vpcSubnets: SubnetSelection; securityGroups: ISecurityGroup[] }

/** A function's part in an existing network; nothing without one. */
export const vpcProps = (scope: Construct, network: Network | null): VpcProps | Record<string, never> => {
  if (network === null) return {}
  const { vpcId, subnetIds, securityGroupIds } = network
  return {
    // a function needs ids only; zones and routes are never asked for, and so there is no look-up and no login
    vpc: Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: [UNKNOWN] }),
    vpcSubnets: {
      subnets: subnetIds.map((id) => Subnet.fromSubnetAttributes(scope, id, { subnetId: id, routeTableId: UNKNOWN })),
    },
    securityGroups: securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(scope, id, id, { mutable: false })),
  }
}
