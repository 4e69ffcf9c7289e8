/** A function that hands requests over to a container: where it stands, what it is told, and what it may. */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import { InfraError } from './errors.ts';
import type { GpuBackend } from './gpu-backend.ts';

/** What becomes of a request while no container runs: it waits as a job, or this function answers if it has the model too. */
export type ContainerFallback = 'job' | 'cpu';

export interface ContainerOptions {
  readonly backend: GpuBackend;
  /**
   * Models of the container, by name. One that the function has no package of always goes there; one that it has goes
   * there when a request is too much work for the function.
   */
  readonly models: Readonly<Record<string, ContainerFallback>>;
  /** Estimated inference time from which a request is too much work. @default Duration.seconds(20) */
  readonly maxInferenceTime?: Duration;
}

/** API Gateway waits for 29 s, and an estimate is one. */
const MAX_INFERENCE_TIME = Duration.seconds(20);

/** Variables of the function; `functions/app/src/hand-over/` reads them. @throws InfraError INVALID_PROPS */
export function containerVariables(scope: IConstruct, options: ContainerOptions): Record<string, string> {
  const { backend, models, maxInferenceTime = MAX_INFERENCE_TIME } = options;
  if (Object.keys(models).length === 0) {
    throw new InfraError(
      'INVALID_PROPS',
      'container.models is empty: name a model that the container serves.',
    );
  }
  const { url, jobQueue, jobBucket, jobPrefix } = backend;
  const maxInferMs = maxInferenceTime.toMilliseconds();
  return {
    PILOTLIGHT_SERVER: Stack.of(scope).toJsonString({ url, models, maxInferMs }),
    PILOTLIGHT_JOB_QUEUE_URL: jobQueue.queueUrl,
    PILOTLIGHT_JOB_BUCKET: jobBucket.bucketName,
    PILOTLIGHT_JOB_PREFIX: jobPrefix,
  };
}

/** Where the function stands: in the network of the container, which nobody reaches from outside. */
export function besideContainer({
  backend,
}: ContainerOptions): Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'> {
  const { vpc, subnets, securityGroup } = backend.callers;
  return { vpc, vpcSubnets: { subnets: [...subnets] }, securityGroups: [securityGroup] };
}

/** What Lambda needs of EC2: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:UnassignPrivateIpAddresses',
];
const LISTS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/** Lets the function queue jobs, and Lambda make the network interfaces of the function; its own code may not. */
export function grantContainer(role: Role, { backend }: ContainerOptions): void {
  backend.grantSubmitJobs(role);
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
      // There where the code of a function asks, not where Lambda asks for it.
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

/** As cdk-nag writes an ARN with references in it. */
function flattened(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const { 'Fn::Join': join, Ref: reference } = Object(arn);
  return Array.isArray(join) ? join[1].map(flattened).join('') : `<${reference}>`;
}
