/** Fields that several parts of a configuration have. */
import { MEGABYTES_PER_VCPU, modelRefSchema } from '@pilotlight/model-format';
import * as z from 'zod';

export const nonEmpty = z.string().min(1, 'must not be empty');
export const count = z.int().min(1);
export const days = z.int().min(1);
export const email = z.string().regex(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'must be an e-mail address');

export const kmsKeyArn = z
  .string()
  .regex(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key');

/** The retentions that CloudWatch Logs knows, in days. */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;
export const logRetentionDays = z.literal(
  RETENTIONS,
  `must be a retention of CloudWatch Logs, in days: ${RETENTIONS.join(', ')}`,
);

export const modelRefs = z.array(modelRefSchema).min(1, 'must name one model at least');

export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 08:30');
export const timeZone = z
  .string()
  .refine((zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      return true;
    } catch {
      return false;
    }
  }, 'must be a time zone such as Europe/Zurich')
  .describe('IANA time zone. Default: Etc/UTC');
export const weekdays = z
  .array(z.enum(['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']))
  .min(1)
  .describe('Days of the week. Default: MON to FRI');

/** What every function that serves models has. */
export const modelSettings = {
  variant: nonEmpty
    .exactOptional()
    .describe('Variant to serve of every model. Default: the defaultVariant of each manifest'),
  architecture: z.enum(['arm64', 'x64']).default('arm64').describe('Processor'),
  memoryMegabytes: z
    .int()
    .min(128)
    .max(10_240)
    .default(MEGABYTES_PER_VCPU)
    .describe('Memory; each 1,769 MB buy a vCPU, and the function uses as many threads'),
  tracing: z.boolean().default(true).describe('Whether X-Ray traces invocations'),
  environment: z
    .record(z.string(), z.string())
    .default({})
    .describe('Further settings of docs/operations.md. No place for secrets'),
};
