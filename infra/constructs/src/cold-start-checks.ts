/** Refuses what Lambda would refuse after minutes of deployment, or take and never do. */
import type { Placement } from '@pilotlight/layers/internal/models/index';
import {
  type CapacityWindow,
  type ColdStart,
  capacityOf,
  maximumOf,
  type ProvisionedConcurrency,
  type WarmUp,
} from './cold-start.ts';
import { InfraError } from './errors.ts';
import { describeHours, isTimeZone, overlap, problemOf, type ZonedHours } from './hours.ts';

/** What a cold-start measure has to get on with. */
export interface ColdStartSurroundings {
  readonly placement: Placement['kind'];
  /** Of /tmp, in MB. */
  readonly ephemeralStorageMegabytes: number;
  readonly reservedConcurrency?: number | undefined;
  /** What clients invoke: the name of an alias. */
  readonly aliasName: string;
}

/** As many as the warmer can keep busy at once. */
const MAXIMUM_WARM_UP_CONCURRENCY = 500;
/**
 * Idle environments were seen to go after 5 to 15 minutes by most who measured it; AWS gives no figure. Rates of
 * EventBridge Scheduler are whole minutes.
 */
const WARM_UP_MINUTES = { min: 1, max: 10 } as const;
/** What Application Auto Scaling takes for Lambda. */
const UTILIZATION = { min: 0.1, max: 0.9 } as const;
const SNAPSTART_EPHEMERAL_MEGABYTES = 512;

const KEYS: Readonly<Record<ColdStart['kind'], readonly string[]>> = {
  provisioned: ['kind', 'count', 'min', 'max', 'utilization', 'schedules'],
  warmup: ['kind', 'every', 'concurrency', 'hours'],
  'snapstart-image': ['kind'],
  none: ['kind'],
};

/** @throws InfraError INVALID_COLD_START with one sentence. */
export function checkColdStart(coldStart: ColdStart, surroundings: ColdStartSurroundings): void {
  checkKeys(coldStart);
  if (coldStart.kind === 'provisioned') checkProvisioned(coldStart, surroundings);
  if (coldStart.kind === 'warmup') {
    checkWarmUp(coldStart);
    checkReserved('The warm-up concurrency', coldStart.concurrency, surroundings);
  }
  if (coldStart.kind === 'snapstart-image') checkSnapStart(surroundings);
}

/** Without types, as in JavaScript and in configuration files, measures can be mixed. */
function checkKeys(coldStart: ColdStart): void {
  const known = KEYS[coldStart.kind];
  if (known === undefined) {
    throw refusal(
      `coldStart.kind is ${JSON.stringify(coldStart.kind)}; there are ${Object.keys(KEYS).join(', ')}.`,
    );
  }
  const foreign = Object.keys(coldStart).filter((key) => !known.includes(key));
  if (foreign.length === 0) return;
  const provisioned = foreign.some((key) => KEYS.provisioned.includes(key));
  throw refusal(
    coldStart.kind === 'snapstart-image' && provisioned
      ? 'SnapStart and provisioned concurrency exclude each other: Lambda takes one of them for a version.'
      : `coldStart of kind ${coldStart.kind} has no ${foreign.join(', ')}; it has ${known.slice(1).join(', ') || 'no options'}.`,
  );
}

function checkProvisioned(coldStart: ProvisionedConcurrency, surroundings: ColdStartSurroundings): void {
  if (surroundings.aliasName === '$LATEST') {
    throw refusal('Provisioned concurrency needs a published version: $LATEST can not have it.');
  }
  if ('count' in coldStart && 'min' in coldStart) {
    throw refusal('Provisioned concurrency has either a count, or min and max, not both.');
  }
  const { min, max } = capacityOf(coldStart);
  for (const [name, value] of Object.entries('count' in coldStart ? { count: min } : { min, max })) {
    if (!isCount(value)) throw refusal(`Provisioned concurrency: ${name} is ${value}, not a whole number.`);
  }
  if (min > max) throw refusal(`Provisioned concurrency: min ${min} is above max ${max}.`);
  const windows = coldStart.schedules?.windows ?? [];
  if (min === 0 && windows.length === 0) {
    throw refusal(
      'Provisioned concurrency of 0 without schedules never becomes more: there is no utilisation to scale on.',
    );
  }
  if ('utilization' in coldStart && coldStart.utilization !== undefined)
    checkUtilization(coldStart.utilization);
  checkReserved('The provisioned concurrency', max, surroundings);
  if (coldStart.schedules) checkTimeZone(coldStart.schedules.timeZone);
  for (const window of windows) {
    checkWindow(window, coldStart);
    checkReserved(
      `The provisioned concurrency of ${describeHours(window)}`,
      maximumOf(window, coldStart),
      surroundings,
    );
  }
  checkOverlap(windows);
}

function checkUtilization(utilization: number): void {
  if (utilization >= UTILIZATION.min && utilization <= UTILIZATION.max) return;
  throw refusal(
    `Utilisation is ${utilization}; Application Auto Scaling takes ${UTILIZATION.min} to ${UTILIZATION.max}.`,
  );
}

function checkWindow(window: CapacityWindow, coldStart: ProvisionedConcurrency): void {
  const problem = problemOf(window);
  if (problem) throw refusal(`The schedule ${describeHours(window)} can never be reached: ${problem}.`);
  const max = maximumOf(window, coldStart);
  if (!isCount(window.min) || !isCount(max)) {
    throw refusal(`The schedule ${describeHours(window)} has bounds that are no whole numbers.`);
  }
  if (window.min > max) {
    throw refusal(`The schedule ${describeHours(window)}: min ${window.min} is above max ${max}.`);
  }
}

function checkOverlap(windows: readonly CapacityWindow[]): void {
  for (const [index, window] of windows.entries()) {
    const other = windows.slice(index + 1).find((candidate) => overlap(window, candidate));
    if (other) {
      throw refusal(
        `The schedules ${describeHours(window)} and ${describeHours(other)} overlap: one must end first.`,
      );
    }
  }
}

/** @throws InfraError INVALID_COLD_START */
export function checkWarmUp({ every, concurrency, hours }: Omit<WarmUp, 'kind'>): void {
  const minutes = every.toSeconds() / 60;
  const { min, max } = WARM_UP_MINUTES;
  if (!Number.isInteger(minutes) || minutes < min) {
    throw refusal(
      `A warm-up every ${every.toHumanString()} is not possible: whole minutes are, from ${min}.`,
    );
  }
  if (minutes > max) {
    throw refusal(
      `A warm-up every ${minutes} minutes keeps nothing warm: Lambda may take idle environments away sooner. ` +
        `Choose ${max} minutes or less.`,
    );
  }
  if (!isCount(concurrency) || concurrency < 1 || concurrency > MAXIMUM_WARM_UP_CONCURRENCY) {
    throw refusal(
      `A warm-up of ${concurrency} environments is not possible: 1 to ${MAXIMUM_WARM_UP_CONCURRENCY} are.`,
    );
  }
  if (hours) checkWarmUpHours(hours, minutes);
}

/** They become one cron expression, of which each field repeats in each other. */
function checkWarmUpHours(hours: ZonedHours, minutes: number): void {
  const problem = problemOf(hours);
  if (problem) throw refusal(`The warm-up hours ${describeHours(hours)} can never be reached: ${problem}.`);
  checkTimeZone(hours.timeZone);
  if (!hours.from.endsWith(':00') || !hours.to.endsWith(':00')) {
    throw refusal(`The warm-up hours ${describeHours(hours)} must be full hours.`);
  }
  if (60 % minutes !== 0) {
    throw refusal(
      `With hours, a warm-up every ${minutes} minutes must divide 60: choose 1, 2, 3, 4, 5, 6 or 10.`,
    );
  }
}

function checkSnapStart({ placement, ephemeralStorageMegabytes }: ColdStartSurroundings): void {
  if (ephemeralStorageMegabytes > SNAPSTART_EPHEMERAL_MEGABYTES) {
    throw refusal(
      `SnapStart excludes ephemeral storage above ${SNAPSTART_EPHEMERAL_MEGABYTES} MB, and this function has ` +
        `${ephemeralStorageMegabytes} MB. Place the models in an image.`,
    );
  }
  if (placement !== 'image') {
    throw refusal(
      'SnapStart for Node.js exists for container images only, and this function is a zip package with layers. ' +
        "Set placement to 'image'.",
    );
  }
}

function checkReserved(
  what: string,
  concurrency: number,
  { reservedConcurrency }: ColdStartSurroundings,
): void {
  if (reservedConcurrency === undefined || concurrency <= reservedConcurrency) return;
  throw refusal(
    `${what}, ${concurrency}, is above the reserved concurrency of the function, ${reservedConcurrency}.`,
  );
}

function checkTimeZone(timeZone: string | undefined): void {
  if (timeZone === undefined || isTimeZone(timeZone)) return;
  throw refusal(`${JSON.stringify(timeZone)} is no time zone of the IANA database; Europe/Zurich is one.`);
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0;
const refusal = (message: string): InfraError => new InfraError('INVALID_COLD_START', message);
