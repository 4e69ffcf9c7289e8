/** A function that hands requests over to a server: where it stands, what it is told, and what it may. */
import { Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { InfraError } from '../common/errors.ts';
import type { IInferenceServer } from '../server/server.ts';
import { grantInterfaces } from './vpc-place.ts';

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

/** Lets the function queue jobs, and stand in the network of the server. */
export function grantServer(role: Role, { server }: HandOver): void {
  server.grantSubmitJobs(role);
  grantInterfaces(role);
}
