/** A function that hands requests over to a server: where it stands, what it is told, and what it may. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { InfraError } from '../common/errors.ts';
import type { IInferenceServer } from '../server/server.ts';

/** The fallback of a request while no server runs: it waits as a job, or this function answers if it has the model too. */
export type HandOverFallback = 'job' | 'cpu';

export interface HandOver {
  readonly server: IInferenceServer;
  /**
   * Models of the server, by name. One that the function has no package of always goes there; one that it has goes
   * there when a request is too much work for the function.
   */
  readonly models: Readonly<Record<string, HandOverFallback>>;
  /** Estimated milliseconds of inference from which a request is too much work. @default 20000 */
  readonly maxInferMs?: number;
}

/** A function behind API Gateway may take 29 s, and an estimate may be wrong. */
const MAX_INFER_MS = 20_000;

/** Makes the variables of the function that `functions/app/src/hand-over/` reads. @throws InfraError INVALID_PROPS */
export function serverVariables(scope: IConstruct, options: HandOver): Record<string, string> {
  const { server, models, maxInferMs = MAX_INFER_MS } = options;
  if (Object.keys(models).length === 0) {
    throw new InfraError('INVALID_PROPS', 'handOver.models is empty: name a model that the server has.');
  }
  const { url, jobQueue, jobBucket, jobPrefix } = server;
  return {
    PILOTLIGHT_SERVER: Stack.of(scope).toJsonString({ url, models, maxInferMs }),
    PILOTLIGHT_JOB_QUEUE_URL: jobQueue.queueUrl,
    PILOTLIGHT_JOB_BUCKET: jobBucket.bucketName,
    PILOTLIGHT_JOB_PREFIX: jobPrefix,
  };
}

/** Places the function in the network of the server, which nobody reaches from outside. */
export function besideServer({
  server,
}: HandOver): Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'> {
  const { vpc, subnets, securityGroup } = server.callers;
  return { vpc, vpcSubnets: { subnets: [...subnets] }, securityGroups: [securityGroup] };
}

/** Actions that Lambda needs of EC2: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:UnassignPrivateIpAddresses',
];
const LISTS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/** Lets the function queue jobs, and lets Lambda make the function's network interfaces, which its own code may not. */
export function grantServer(role: Role, { server }: HandOver): void {
  server.grantSubmitJobs(role);
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
    `AwsSolutions-IAM5[Resource::${flattened(stack.resolve(interfaces))}]`,
    'Network interfaces whose ids EC2 makes; Lambda alone may, the code of the function is denied it.',
  );
  acknowledge(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'Lists of network interfaces and subnets, and what X-Ray takes, have no resource; the code of the function is denied the lists.',
  );
}

/** Formats an ARN with references in it as cdk-nag writes it. */
function flattened(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const { 'Fn::Join': join, Ref: reference } = Object(arn);
  return Array.isArray(join) ? join[1].map(flattened).join('') : `<${reference}>`;
}
