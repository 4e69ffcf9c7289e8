/** A function in a VPC: what Lambda needs for its network interfaces, and a VPC that is there already. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type * as z from 'zod';
import { acknowledge, flattenArn } from '../common/acknowledgements.ts';
import { givenVpc } from '../common/given-vpc.ts';
import type { functionNetworkSchema } from './schema.ts';

/** Places a function in subnets of a VPC that is there. Nothing is looked up in the account. */
export function inGivenVpc(
  scope: Construct,
  { securityGroups, ...given }: z.output<typeof functionNetworkSchema>,
): Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'> {
  const vpc = givenVpc(scope, given);
  return {
    vpc,
    vpcSubnets: { subnets: vpc.privateSubnets },
    securityGroups: securityGroups.map((id) =>
      SecurityGroup.fromSecurityGroupId(scope, id, id, { mutable: false }),
    ),
  };
}

/** Actions that Lambda needs of EC2: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:UnassignPrivateIpAddresses',
];
const LISTS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/** Lets Lambda make the network interfaces of a function in a VPC, which the function's own code may not. */
export function grantInterfaces(role: Role): void {
  const stack = Stack.of(role);
  const interfaces = stack.formatArn({ service: 'ec2', resource: '*', resourceName: '*' });
  const functions = stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(new PolicyStatement({ actions: INTERFACES, resources: [interfaces] }));
  role.addToPolicy(new PolicyStatement({ actions: LISTS, resources: ['*'] }));
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...INTERFACES, ...LISTS],
      resources: ['*'],
      // The condition holds when the code of a function asks, and not when Lambda asks on its behalf.
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': functions } },
    }),
  );
  acknowledge(
    role,
    `AwsSolutions-IAM5[Resource::${flattenArn(stack.resolve(interfaces))}]`,
    'Network interfaces whose ids EC2 makes; Lambda alone may, the code of the function is denied it.',
  );
  acknowledge(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'Lists of network interfaces and subnets, and what X-Ray takes, have no resource; the code of the function is denied the lists.',
  );
}
