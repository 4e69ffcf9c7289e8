/** A container on GPU instances. */
import { modelRefSchema } from '@pilotlight/model-format';
import * as z from 'zod';
import { count, days, nonEmpty } from './primitives.ts';

export const gpuSchema = z.strictObject({
  models: z
    .record(modelRefSchema, z.enum(['job', 'cpu']))
    .refine((models) => Object.keys(models).length > 0, 'must name one model at least')
    .describe(
      'Models that the container serves, each with what becomes of a request while none runs: job, it waits; cpu, the function that has the model too answers',
    ),
  maxInferMs: count
    .default(20_000)
    .describe(
      'Estimated milliseconds of inference from which a request to one of these models leaves its function',
    ),
  image: z
    .strictObject({
      repository: nonEmpty.describe('Its repository in ECR, in the account and region of the deployment'),
      tag: nonEmpty.describe('Such as 1.0.0'),
    })
    .exactOptional()
    .describe(
      'Container image for x86-64 with server and models. Default: Docker builds one as it is deployed',
    ),
  baseImages: z
    .strictObject({
      cuda: nonEmpty.exactOptional().describe('With CUDA 12 and cuDNN 9. Default: of NVIDIA'),
      node: nonEmpty.exactOptional().describe('With Node 24. Default: the official one'),
    })
    .default({})
    .describe('What that image is built from, such as copies in a registry of your own'),
  instanceTypes: z.array(nonEmpty).min(1).default(['g6.*']).describe('Instance types to choose from'),
  spot: z.boolean().default(false).describe('Whether instances are spot instances'),
  minTasks: z.int().min(0).default(0).describe('Containers that always run'),
  maxTasks: count.default(2).describe('Containers at most'),
  jobsPerTask: count.default(100).describe('Waiting jobs that one container is started for'),
  maxJobAgeMinutes: count
    .default(5)
    .describe('Minutes that the oldest job waits before one container more is started'),
  requestsPerTask: count.default(600).describe('Requests a minute that one container is started for'),
  idleAfterMinutes: z
    .int()
    .min(1)
    .max(1440)
    .default(10)
    .describe('Idle minutes after which the last one goes'),
  scaleInAfterMinutes: z
    .int()
    .min(0)
    .max(60)
    .default(5)
    .describe('Minutes for which an instance stays that has no container, ready for the next'),
  resultExpirationDays: days.default(7).describe('Days after which jobs and results are deleted'),
  network: z
    .strictObject({
      kind: z
        .enum(['endpoints', 'nat'])
        .describe('endpoints: no way to the Internet, AWS by VPC endpoints; nat: one NAT gateway'),
      cidr: z
        .string()
        .regex(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, 'must be a range such as 10.97.0.0/22')
        .exactOptional()
        .describe('Address range of the VPC. Default: 10.97.0.0/22'),
    })
    .prefault({ kind: 'endpoints' })
    .describe('A VPC of its own, and how it reaches AWS'),
  environment: z.record(z.string(), z.string()).default({}).describe('Further settings of the server'),
});
