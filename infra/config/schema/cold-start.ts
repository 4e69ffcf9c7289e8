/** How many environments stand ready, and how. */
import * as z from 'zod';
import { count, timeOfDay, timeZone, weekdays } from './primitives.ts';

const hours = {
  days: weekdays.exactOptional(),
  from: timeOfDay.describe('Local time of day at which it begins'),
  to: timeOfDay.describe('Local time of day at which it ends'),
};

const schedules = z.strictObject({
  timeZone: timeZone.exactOptional(),
  windows: z
    .array(
      z.strictObject({
        ...hours,
        min: z.int().min(0).describe('Environments at least, in this window'),
        max: count.exactOptional().describe('Environments at most, in this window. Default: max'),
      }),
    )
    .min(1)
    .describe('Hours with a capacity of their own, such as office hours'),
});

const provisioned = z
  .strictObject({
    kind: z.literal('provisioned'),
    count: count.exactOptional().describe('Environments, all the time; or give min and max'),
    min: z.int().min(0).exactOptional().describe('Environments at least'),
    max: count.exactOptional().describe('Environments at most'),
    utilization: z
      .number()
      .min(0.1)
      .max(0.9)
      .exactOptional()
      .describe('Share of the environments that are busy, to keep between min and max. Default: 0.7'),
    schedules: schedules.exactOptional().describe('Capacities by the hour. Default: none'),
  })
  .refine(
    ({ count, min, max }) =>
      count === undefined ? min !== undefined && max !== undefined : min === undefined && max === undefined,
    'needs either count, or min and max',
  );

const warmUp = z.strictObject({
  kind: z.literal('warmup'),
  everyMinutes: z.int().min(1).max(10).describe('Minutes from one warm-up to the next'),
  concurrency: count.describe('Environments to have warm'),
  hours: z
    .strictObject({ ...hours, timeZone: timeZone.exactOptional() })
    .exactOptional()
    .describe('When to keep them warm. Default: always'),
});

export const coldStartSchema = z.discriminatedUnion(
  'kind',
  [
    provisioned,
    warmUp,
    z.strictObject({ kind: z.literal('snapstart-image') }),
    z.strictObject({ kind: z.literal('none') }),
  ],
  'must be provisioned, warmup, snapstart-image or none',
);
