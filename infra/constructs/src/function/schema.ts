/** The settings of a function that serves models. They are plain data: durations are numbers with their unit in the name. */

import { PREFERENCES } from '@pilotlight/layers/internal/models/index';
import { ARCHITECTURES } from '@pilotlight/layers/internal/runtime/index';
import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';
import { readPublicKeys } from '@pilotlight/model-format/signature';
import * as z from 'zod';
import { count, environment, modelRefs, nonEmpty, subnetsByZone, vpcId } from '../common/fields.ts';
import { followedRegistrySchema } from '../common/followed-registry.ts';
import { coldStartSchema } from './cold-start/schema.ts';
import { releaseSchema } from './release/schema.ts';

const PLACEMENT = 'Where the models are to go. Default: the first of layer, s3 and image that has room';

/** One key, as readers of the setting PILOTLIGHT_SIGNED_BY take it. */
const publicKey = nonEmpty.refine(isPublicKey, 'must be a public key of Ed25519 or P-256, in PEM or base64');

function isPublicKey(text: string): boolean {
  try {
    return readPublicKeys(text).length === 1;
  } catch {
    return false;
  }
}

/** Which files of the models are served, and from where. */
export const packagesSchema = z.strictObject({
  folder: nonEmpty
    .exactOptional()
    .describe('Folder of model packages. Default: models of the app, else the default models'),
  variant: nonEmpty
    .exactOptional()
    .describe('Variant to serve of every model. Default: the defaultVariant of each manifest'),
  predictors: nonEmpty
    .exactOptional()
    .describe('Module (.mjs) with code around models of AllenNLP archives. Default: none'),
  signedBy: z
    .array(publicKey)
    .min(1, 'must have one key at least')
    .readonly()
    .exactOptional()
    .describe(
      'Public keys, each in PEM or as base64; packages that none of them has signed are refused, here and by the function. Default: packages need no signature',
    ),
  registry: followedRegistrySchema
    .exactOptional()
    .describe(
      'A registry: its aliases say which versions are served, without another deployment. Default: the packages that are deployed',
    ),
  placement: z.enum(PREFERENCES).exactOptional().describe(PLACEMENT),
  baseImage: nonEmpty
    .exactOptional()
    .describe(
      'With placement image: its base image with Node 24, such as a copy in a registry of your own. Default: that of AWS, by its date',
    ),
});

/** A VPC for a function that has to reach what is in it. A function that calls a server stands in the network of the server. */
export const functionNetworkSchema = z.strictObject({
  vpcId: vpcId.describe('A VPC that is there'),
  subnets: subnetsByZone
    .refine((subnets) => Object.keys(subnets).length > 0, 'must have one zone at least')
    .describe(
      'Its subnets by their availability zones, from which S3 and SQS can be reached where models or files need them',
    ),
  securityGroups: z
    .array(nonEmpty)
    .min(1)
    .readonly()
    .describe('Ids of security groups that say what it reaches'),
});

/** The Lambda function itself. */
export const lambdaSchema = z.strictObject({
  architecture: z.enum(ARCHITECTURES).default('arm64').describe('Processor'),
  memoryMegabytes: z
    .int()
    .min(128)
    .max(10_240)
    .default(MEGABYTES_PER_VCPU)
    .describe('Memory; each 1,769 MB buy a vCPU, and the function uses as many threads'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(900)
    .default(29)
    .describe('Seconds for one request; API Gateway waits for 30'),
  reservedConcurrency: count
    .exactOptional()
    .describe('Environments at most, reserved out of those of the account. Default: no limit of its own'),
  network: functionNetworkSchema.exactOptional().describe('Subnets of a VPC of yours. Default: none'),
  tracing: z.boolean().default(false).describe('Whether X-Ray traces invocations'),
  environment,
  description: nonEmpty.max(256).exactOptional().describe('Description in the console. Default: the models'),
});

export const functionSchema = z.strictObject({
  models: modelRefs.describe('Models to serve, such as sentiment or intent@1.0.0'),
  packages: packagesSchema.prefault({}).describe('Which files of the models are served, and from where'),
  lambda: lambdaSchema.prefault({}).describe('The Lambda function itself'),
  coldStart: coldStartSchema.prefault({ kind: 'none' }).describe('What is done about cold starts'),
  responseStream: z
    .boolean()
    .default(false)
    .describe('Whether it has a URL of its own, where generated texts arrive as they are made'),
  release: releaseSchema.prefault({}).describe('How a new version takes over'),
});
/** The settings as a team writes them, with defaults left out. */
export type FunctionSettings = z.input<typeof functionSchema>;
