/** Measures against cold starts: four kinds that exclude each other. */
import * as z from 'zod';
import { hoursFields, passesNoMidnight, timeZone } from '../../common/fields.ts';
import { describeHours, overlap, parseTimeOfDay } from '../../common/hours.ts';

/** The default share of busy environments: of 10 environments, 3 wait for a burst. */
export const DEFAULT_UTILIZATION = 0.7;
/** The number of invocations that the warmer can hold open at once. */
const MAXIMUM_WARM_UP_CONCURRENCY = 500;

const environments = z.int().min(0);
const endsLater = ({ from, to }: { from: string; to: string }) =>
  (parseTimeOfDay(from) ?? 0) < (parseTimeOfDay(to) ?? 0);

const capacityWindow = z
  .strictObject({
    ...hoursFields,
    min: environments.describe('Environments at least, in this window'),
    max: environments
      .exactOptional()
      .describe('Environments at most, in this window. Default: max, or min where it is more'),
  })
  .refine(endsLater, { path: ['to'], error: passesNoMidnight })
  .refine(({ min, max = min }) => min <= max, { path: ['min'], error: 'must not be above max' });

const capacitySchedules = z.strictObject({
  timeZone: timeZone.exactOptional(),
  windows: z
    .array(capacityWindow)
    .min(1)
    .superRefine((windows, { addIssue }) => {
      for (const [index, window] of windows.entries()) {
        const earlier = windows.slice(0, index).find((other) => overlap(window, other));
        if (!earlier) continue;
        const message = `must not overlap ${describeHours(earlier)}: one must end first`;
        addIssue({ code: 'custom', path: [index], message });
      }
    })
    .readonly()
    .describe('Hours with a capacity of their own, such as office hours. They may touch, but not overlap'),
});

const provisioned = z
  .strictObject({
    kind: z.literal('provisioned'),
    count: environments.exactOptional().describe('Environments, all the time; or give min and max'),
    min: environments.exactOptional().describe('Environments at least'),
    max: environments.exactOptional().describe('Environments at most'),
    utilization: z
      .number()
      .min(0.1)
      .max(0.9)
      .exactOptional()
      .describe('Share of the environments that is busy, to keep between min and max. Default: 0.7'),
    schedules: capacitySchedules.exactOptional().describe('Capacities by the hour. Default: none'),
  })
  .refine(
    ({ count, min, max }) =>
      count === undefined ? min !== undefined && max !== undefined : min === undefined && max === undefined,
    'needs either count, or min and max',
  )
  .refine(({ min = 0, max = min }) => min <= max, { path: ['min'], error: 'must not be above max' })
  .refine(
    ({ count, min = count, schedules }) => min !== 0 || schedules !== undefined,
    'needs schedules, because an environment is never added to none: there is no utilisation to scale on',
  );

const warmUpHours = z
  .strictObject({ ...hoursFields, timeZone: timeZone.exactOptional() })
  .refine(endsLater, { path: ['to'], error: passesNoMidnight })
  .refine(
    ({ from, to }) => from.endsWith(':00') && to.endsWith(':00'),
    'must begin and end at full hours, because one cron expression has them',
  );

const warmUpFields = z.strictObject({
  kind: z.literal('warmup'),
  everyMinutes: z
    .int()
    .min(1)
    .max(10, 'must be at most 10: Lambda may take idle environments away sooner')
    .describe('Minutes from one warm-up to the next'),
  concurrency: z.int().min(1).max(MAXIMUM_WARM_UP_CONCURRENCY).describe('Environments to have warm'),
  hours: warmUpHours.exactOptional().describe('When to keep them warm, in full hours. Default: always'),
});
const warmUp = warmUpFields.superRefine(checkDivision);
/** The settings of a schedule of warm-ups, without the `kind` that distinguishes it from other measures. */
export const warmUpSchema = warmUpFields.omit({ kind: true }).superRefine(checkDivision);

/** Warm-ups with hours are one cron expression, whose minutes are the same in every hour. */
function checkDivision(
  { everyMinutes, hours }: Omit<z.output<typeof warmUpFields>, 'kind'>,
  { addIssue }: z.RefinementCtx,
): void {
  if (hours === undefined || 60 % everyMinutes === 0) return;
  const message = 'must divide 60 where there are hours: 1, 2, 3, 4, 5, 6 or 10';
  addIssue({ code: 'custom', path: ['everyMinutes'], message });
}

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

/** `provisioned` keeps environments, which are billed while they are; `warmup` invokes the function again and again. */
export type ColdStart = z.input<typeof coldStartSchema>;
/**
 * A fixed `count` is a property of the alias. Where the number changes, Application Auto Scaling alone owns it, and a deployment
 * leaves it as it is: see ADR-provisioned-capacity.md. 0 is for functions whose schedules say when they are needed.
 */
export type ProvisionedConcurrency = z.input<typeof provisioned>;
export type CapacityWindow = z.input<typeof capacityWindow>;
export type WarmUp = z.input<typeof warmUpFields>;

/** Whether the number of environments changes by itself. */
export function isScaled(provisioned: ProvisionedConcurrency): boolean {
  return provisioned.count === undefined || provisioned.schedules !== undefined;
}

/** Reads the number of environments outside of all schedules. */
export function readCapacity({ count = 0, min = count, max = count }: ProvisionedConcurrency): {
  min: number;
  max: number;
} {
  return { min, max };
}

/** Reads the largest number of environments in a window. */
export function readMaximum(window: CapacityWindow, provisioned: ProvisionedConcurrency): number {
  return window.max ?? Math.max(window.min, readCapacity(provisioned).max);
}
