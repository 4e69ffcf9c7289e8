/** What one deployment is made of. Plain data: durations are numbers with their unit in the name. */

import { DEFAULT_JOB_DEADLINE_HOURS } from '@pilotlight/app/internal/settings/config';
import { parseModelRef } from '@pilotlight/model-format';
import { closest } from '@pilotlight/model-format/errors';
import * as z from 'zod';
import { apiSchema } from './schema/api.ts';
import { functionSchema } from './schema/function.ts';
import { gpuSchema } from './schema/gpu.ts';
import { observabilitySchema } from './schema/observability.ts';
import { kmsKeyArn, logRetentionDays, nonEmpty } from './schema/primitives.ts';
import { uploadSchema } from './schema/upload.ts';

const configFields = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'must be the 12 digits of an AWS account')
    .exactOptional()
    .describe('AWS account to deploy to; other credentials are refused. Default: that of the credentials'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region such as eu-central-1')
    .exactOptional()
    .describe('AWS region to deploy to. Default: that of the credentials'),
  qualifier: z
    .string()
    .regex(/^[a-z0-9]{1,10}$/, 'must be 1 to 10 lower-case letters and digits')
    .exactOptional()
    .describe('Qualifier that the account was bootstrapped with. Default: that of the CDK'),
  permissionsBoundary: nonEmpty
    .exactOptional()
    .describe('Name of the managed policy that bounds every role. Default: none'),
  tags: z
    .record(z.string(), z.string())
    .default({})
    .describe('Tags of every resource, such as a cost centre'),
  terminationProtection: z
    .boolean()
    .default(false)
    .describe('Whether CloudFormation refuses to delete the stacks'),
  removalPolicy: z
    .enum(['destroy', 'retain'])
    .default('retain')
    .describe('What becomes of logs, and of buckets with their files, when a stack is deleted'),
  logRetentionDays: logRetentionDays.default(30).describe('Days for which logs are kept'),
  encryptionKeyArn: kmsKeyArn
    .exactOptional()
    .describe(
      'KMS key for logs, buckets and environment variables; docs/security.md has what it must permit. Default: keys that AWS owns',
    ),
  packagesFolder: nonEmpty
    .exactOptional()
    .describe('Folder of model packages, from the root of the repository. Default: model-assets/packages'),
  functions: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 of a-z 0-9 - and start with a letter'),
      functionSchema,
    )
    .refine((functions) => Object.keys(functions).length > 0, 'must have one function at least')
    .describe('The functions, by a name of your own. A model is served by one of them'),
  api: apiSchema.prefault({}).describe('The HTTP API in front of the functions'),
  upload: uploadSchema
    .exactOptional()
    .describe('Files in S3 that are predicted as they arrive. Default: none'),
  gpu: gpuSchema
    .exactOptional()
    .describe('A container on GPU instances, for models too large for Lambda. Default: none'),
  observability: observabilitySchema.prefault({}).describe('Dashboard and alarms'),
});

type AddIssue = (issue: { code: 'custom'; path: string[]; message: string }) => void;

/** The container may serve a model beside a function: then it takes what is too heavy for the function. */
function checkGpu(
  models: Readonly<Record<string, 'job' | 'cpu'>>,
  servedBy: ReadonlyMap<string, string>,
  addIssue: AddIssue,
): void {
  const seen = new Set<string>();
  for (const [ref, fallback] of Object.entries(models)) {
    const name = parseModelRef(ref).name;
    const wrong = (message: string) => addIssue({ code: 'custom', path: ['gpu', 'models', ref], message });
    if (seen.has(name)) wrong('must be named once: one fallback holds for all its versions');
    if (fallback === 'cpu' && !servedBy.has(name)) {
      wrong("must be a model of a function too, for the fallback 'cpu' is that this function answers");
    }
    seen.add(name);
  }
}

/** S3 deletes a job that has not been done by then, and who asks for it is told that there never was one. */
function checkExpiration(
  { resultExpirationDays, environment }: z.output<typeof gpuSchema>,
  addIssue: AddIssue,
): void {
  const hours = Number(environment.PILOTLIGHT_JOB_DEADLINE_HOURS ?? DEFAULT_JOB_DEADLINE_HOURS);
  if (24 * resultExpirationDays > hours) return;
  const message = `must be ${Math.floor(hours / 24) + 1} or more: a job that is not done has failed after ${hours} hours (PILOTLIGHT_JOB_DEADLINE_HOURS), and is to be found until then`;
  addIssue({ code: 'custom', path: ['gpu', 'resultExpirationDays'], message });
}

/** A model has one route, and a route leads to one function. */
export const configSchema = configFields.superRefine(({ functions, api, gpu }, { addIssue }) => {
  const servedBy = new Map<string, string>();
  const serve = (models: readonly string[], by: string, path: string[]) => {
    for (const model of models.map((ref) => parseModelRef(ref).name)) {
      const other = servedBy.get(model) ?? by;
      if (other !== by) {
        const message = `must not name ${model}, which ${other} serves: a model is served in one place`;
        addIssue({ code: 'custom', path: [...path, 'models'], message });
      }
      servedBy.set(model, by);
    }
  };
  for (const [name, { models }] of Object.entries(functions)) serve(models, name, ['functions', name]);
  checkGpu(gpu?.models ?? {}, servedBy, addIssue);
  if (gpu) checkExpiration(gpu, addIssue);
  const names = Object.keys(functions);
  if (api.defaultFunction !== undefined && !names.includes(api.defaultFunction)) {
    const meant = closest(api.defaultFunction, names);
    const message = `must be one of functions${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
    addIssue({ code: 'custom', path: ['api', 'defaultFunction'], message });
  }
});

/** As a team writes it. */
export type ConfigInput = z.input<typeof configSchema>;
/** With every default filled in. */
export type Config = z.output<typeof configSchema>;

/** Gives a configuration file its types: completion, and an error in the editor for a name that does not exist. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
