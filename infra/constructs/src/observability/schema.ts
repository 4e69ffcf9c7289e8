/** Dashboard and alarms. */
import { REQUEST_SETTINGS, STAGE_SETTINGS } from '@pilotlight/app/internal/telemetry/stage-metrics';
import * as z from 'zod';
import { PLATFORM_LOGS } from '../common/execution-role.ts';
import { email, metricsNamespace } from '../common/fields.ts';

export const thresholdsSchema = z.strictObject({
  errorRate: z.number().gt(0).max(1).default(0.01).describe('Share of the requests of a model that fail'),
  latencyP99Seconds: z.number().positive().default(5).describe('Seconds in which 99 % of them are answered'),
  goldenDrift: z.number().positive().default(1).describe('Deviation of goldens over their tolerance'),
  trafficDrift: z
    .number()
    .positive()
    .default(1)
    .describe('Drift of texts and answers over the largest that may be chance'),
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
  requestMetrics: z
    .enum(REQUEST_SETTINGS)
    .default('each')
    .describe(
      'How functions tell of requests: each by a line of log, those of a minute by one line, or only those that end in an error of the server',
    ),
  stageMetrics: z
    .enum(STAGE_SETTINGS)
    .default('log')
    .describe('Whether stages of requests and loads are fields of the log alone, or metrics that are billed'),
  drift: z
    .enum(['on', 'off'])
    .default('on')
    .describe('Whether texts and answers are compared with the references of packages'),
  platformLogs: z
    .enum(PLATFORM_LOGS)
    .default('all')
    .describe("Lambda's own lines of log: of all invocations, or only of those that fail"),
});

/** The settings of the construct, which is given a topic instead of its ARN, and functions that have their own. */
export const watchSchema = observabilitySchema.pick({ alarmEmail: true, thresholds: true });
