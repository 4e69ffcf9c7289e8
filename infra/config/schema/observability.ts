/** Dashboard and alarms. */
import * as z from 'zod';
import { email } from './primitives.ts';

export const observabilitySchema = z.strictObject({
  alarmEmail: email.exactOptional().describe('Address that alarms are sent to. Default: none'),
  alarmTopicArn: z
    .string()
    .regex(/^arn:[^:]+:sns:[^:]+:\d{12}:.+$/, 'must be the ARN of an SNS topic')
    .exactOptional()
    .describe('SNS topic that alarms go to, instead of a new one'),
});
