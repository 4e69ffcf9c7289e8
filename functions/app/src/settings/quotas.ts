/** `PILOTLIGHT_QUOTAS`: the table of usage, and the limits of keys that have none of their own, as the deployment writes it. */
import * as z from 'zod/mini';
import type { CallerLimits } from '../serve/callers/ports.ts';
import { jsonSetting } from './json-setting.ts';

const most = z.optional(z.int('must be a whole number').check(z.positive('must be above 0')));

export interface QuotaSettings extends CallerLimits {
  /** Name of the table of DynamoDB. */
  readonly table: string;
}

const schema = z.strictObject(
  {
    table: z.string().check(z.minLength(1, 'must be the name of a table')),
    requestsPerMinute: most,
    tokensPerDay: most,
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'must be JSON, an object with the name of a table' : undefined,
  },
);

export const quotaSettings = jsonSetting<QuotaSettings>(schema);
