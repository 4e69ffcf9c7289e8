/** Fields that several groups of settings share. They check the constructs and a team's configuration alike. */
import { modelRefSchema } from '@pilotlight/model-format';
import { Token } from 'aws-cdk-lib';
import * as z from 'zod';
import { isTimeZone, WEEKDAYS } from './hours.ts';

export const nonEmpty = z.string().min(1, 'must not be empty');
export const count = z.int().min(1);
export const days = z.int().min(1);

/** A text of a certain form. A token of the CDK passes, because its text is known only when it is deployed. */
export function textLike(form: RegExp, message: string) {
  return z.string().refine((text) => Token.isUnresolved(text) || form.test(text), message);
}

export const email = textLike(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'must be an e-mail address');
export const kmsKeyArn = textLike(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key');

/** The retentions that CloudWatch Logs knows, in days. */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;
export const logRetentionDays = z.literal(
  RETENTIONS,
  `must be a retention of CloudWatch Logs, in days: ${RETENTIONS.join(', ')}`,
);

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export const metricsNamespace = textLike(
  /^(?!AWS\/|:)[\w.\-/#: ]{1,255}$/,
  'must be a CloudWatch namespace such as Pilotlight/acme-prod, and not begin with AWS/',
);

export const modelRefs = z.array(modelRefSchema).min(1, 'must name one model at least').readonly();

export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 08:30');
export const timeZone = z
  .string()
  .refine(isTimeZone, 'must be a time zone of the IANA database such as Europe/Zurich')
  .describe('IANA time zone. Default: Etc/UTC');
export const weekdays = z
  .array(z.enum(WEEKDAYS))
  .min(1)
  .refine((named) => new Set(named).size === named.length, 'must name a day once')
  .readonly()
  .describe('Days of the week. Default: MON to FRI');

/** Hours of a day, on days of the week. */
export const hoursFields = {
  days: weekdays.exactOptional(),
  from: timeOfDay.describe('Local time of day at which it begins'),
  to: timeOfDay.describe('Local time of day at which it ends; 24:00 is midnight'),
};
export const passesNoMidnight = 'must be later than from; divide hours that pass midnight in two';

/** A VPC that is there, by ids that nobody has to look up. */
export const vpcId = textLike(/^vpc-[0-9a-f]+$/, 'must be the id of a VPC such as vpc-0a1b2c3d');
const subnetId = textLike(/^subnet-[0-9a-f]+$/, 'must be the id of a subnet such as subnet-0a1b2c3d');
/** Subnets by their availability zones, one for each. */
export const subnetsByZone = z.record(nonEmpty, subnetId);

/** The CDK refuses these in words of its own: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED =
  /^(AWS_(REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_(?!EXEC_WRAPPER$)\w+)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;
const variableName = z
  .string()
  .regex(
    /^[A-Za-z]\w+$/,
    'must be a name of two or more letters, digits and underscores, with a letter first',
  )
  .refine((name) => !RESERVED.test(name), 'must not be a variable that Lambda sets itself');

export const environment = z
  .record(variableName, z.string())
  .default({})
  .describe('Further settings of docs/reference/operations.md. No place for secrets');
