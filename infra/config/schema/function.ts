/** One function and the models that it serves. */

import type { TrafficShift } from '@pilotlight/constructs';
import * as z from 'zod';
import { coldStartSchema } from './cold-start.ts';
import { count, modelRefs, modelSettings } from './primitives.ts';

const TRAFFIC_SHIFTS = [
  'canary-10-percent-5-minutes',
  'canary-10-percent-10-minutes',
  'canary-10-percent-15-minutes',
  'canary-10-percent-30-minutes',
  'linear-10-percent-every-1-minute',
  'linear-10-percent-every-2-minutes',
  'linear-10-percent-every-3-minutes',
  'linear-10-percent-every-10-minutes',
] as const satisfies readonly TrafficShift[];

export const functionSchema = z.strictObject({
  models: modelRefs.describe('Models to serve, such as sentiment or intent@1.0.0'),
  ...modelSettings,
  placement: z
    .enum(['layer', 's3', 'image'])
    .exactOptional()
    .describe('Where the models are to go. Default: the first of layer, s3 and image that has room'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(29)
    .default(29)
    .describe('Seconds for one request; API Gateway waits for 29'),
  reservedConcurrency: count
    .exactOptional()
    .describe('Environments at most, reserved out of those of the account. Default: no limit of its own'),
  coldStart: coldStartSchema.prefault({ kind: 'none' }).describe('What is done about cold starts'),
  canary: z
    .strictObject({
      traffic: z
        .enum(TRAFFIC_SHIFTS)
        .default('canary-10-percent-5-minutes')
        .describe('Share of the requests that try a new version, and for how long'),
      toleratedErrors: z.int().min(0).default(0).describe('Errors in a minute before traffic goes back'),
      toleratedDrift: z
        .number()
        .positive()
        .default(1)
        .describe('Deviation of goldens over their tolerance before traffic goes back'),
    })
    .exactOptional()
    .describe('New versions take over gradually, and go back where errors or drift show. Default: at once'),
});
