/** Dashboard and alarms. */
import * as z from 'zod';
import { email, metricsNamespace } from '../common/fields.ts';

export const thresholdsSchema = z.strictObject({
  errorRate: z.number().gt(0).max(1).default(0.01).describe('Share of the requests of a model that fail'),
  latencyP99Seconds: z.number().positive().default(5).describe('Seconds in which 99 % of them are answered'),
  goldenDrift: z.number().positive().default(1).describe('Deviation of goldens over their tolerance'),
  queueAgeMinutes: z.int().min(1).default(60).describe('Minutes for which a file or a job may wait'),
});
/** The values from which on there is an alarm. */
export type AlarmThresholds = z.input<typeof thresholdsSchema>;

/** The settings of a deployment. */
export const observabilitySchema = z.strictObject({
  alarmEmail: email.exactOptional().describe('Address that alarms are sent to. Default: none'),
  alarmTopicArn: z
    .string()
    .regex(/^arn:[^:]+:sns:[^:]+:\d{12}:.+$/, 'must be the ARN of an SNS topic')
    .exactOptional()
    .describe('SNS topic that alarms go to. Default: a new one'),
  thresholds: thresholdsSchema.prefault({}).describe('From where on there is an alarm'),
  metricsNamespace: metricsNamespace
    .exactOptional()
    .describe('CloudWatch namespace of its metrics. Default: Pilotlight/<team>-<env>'),
});

/** The settings of the construct, which is given a topic instead of its ARN, and functions that have a namespace. */
export const watchSchema = observabilitySchema.omit({ alarmTopicArn: true, metricsNamespace: true });
