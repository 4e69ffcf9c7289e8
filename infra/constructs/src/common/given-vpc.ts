import { Annotations } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

export interface GivenVpc {
  readonly vpcId: string;
  /** Ids of private subnets by their availability zones. */
  readonly subnets: Readonly<Record<string, string>>;
}

/** A VPC that is there, by its ids: nothing is looked up in the account, and nothing here makes a route. */
export function givenVpc(scope: Construct, { vpcId, subnets }: GivenVpc): IVpc {
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    availabilityZones: Object.keys(subnets),
    privateSubnetIds: Object.values(subnets),
  });
  Annotations.of(vpc).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId');
  return vpc;
}
