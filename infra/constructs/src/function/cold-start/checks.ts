/** Refuses a cold-start measure that this function cannot have, before Lambda does after minutes of deployment. */
import type { Placement } from '@pilotlight/layers/internal/models/index';
import { InfraError } from '../../common/errors.ts';
import { describeHours } from '../../common/hours.ts';
import {
  LONGEST_SCALED_SHIFT_MINUTES,
  TRAFFIC_SHIFTS,
  type TrafficShift,
} from '../release/traffic-shifts.ts';
import {
  type ColdStart,
  isScaled,
  type ProvisionedConcurrency,
  readCapacity,
  readMaximum,
} from './schema.ts';

/** The facts of a function that decide which measures it can have. */
export interface MeasuredFunction {
  readonly placement: Placement['kind'];
  /** Size of /tmp in MB. */
  readonly ephemeralStorageMegabytes: number;
  readonly reservedConcurrency?: number | undefined;
  /** How traffic moves to a new version; undefined where it moves at once. */
  readonly traffic?: TrafficShift | undefined;
}

const SNAPSTART_EPHEMERAL_MEGABYTES = 512;

/** @throws InfraError INVALID_COLD_START with one sentence. */
export function checkColdStart(coldStart: ColdStart, measured: MeasuredFunction): void {
  if (coldStart.kind === 'provisioned') checkProvisioned(coldStart, measured);
  if (coldStart.kind === 'warmup') checkReserved('The warm-up concurrency', coldStart.concurrency, measured);
  if (coldStart.kind === 'snapstart-image') checkSnapStart(measured);
}

function checkProvisioned(coldStart: ProvisionedConcurrency, measured: MeasuredFunction): void {
  checkReserved('The provisioned concurrency', readCapacity(coldStart).max, measured);
  for (const window of coldStart.schedules?.windows ?? []) {
    const what = `The provisioned concurrency of ${describeHours(window)}`;
    checkReserved(what, readMaximum(window, coldStart), measured);
  }
  if (measured.traffic !== undefined && isScaled(coldStart)) checkShift(measured.traffic);
}

function checkShift(traffic: TrafficShift): void {
  const { minutes } = TRAFFIC_SHIFTS[traffic];
  if (minutes <= LONGEST_SCALED_SHIFT_MINUTES) return;
  throw refusal(
    `Lambda changes no provisioned concurrency while a canary moves traffic, which takes ${minutes} minutes with ${traffic}: ` +
      `choose a release.canary.traffic of ${LONGEST_SCALED_SHIFT_MINUTES} minutes at most, or a coldStart.count without schedules.`,
  );
}

function checkReserved(what: string, concurrency: number, { reservedConcurrency }: MeasuredFunction): void {
  if (reservedConcurrency === undefined || concurrency <= reservedConcurrency) return;
  throw refusal(
    `${what}, ${concurrency}, is above the reserved concurrency of the function, ${reservedConcurrency}.`,
  );
}

function checkSnapStart({ placement, ephemeralStorageMegabytes }: MeasuredFunction): void {
  if (ephemeralStorageMegabytes > SNAPSTART_EPHEMERAL_MEGABYTES) {
    throw refusal(
      `SnapStart excludes ephemeral storage above ${SNAPSTART_EPHEMERAL_MEGABYTES} MB, and this function has ` +
        `${ephemeralStorageMegabytes} MB. Place the models in an image.`,
    );
  }
  if (placement !== 'image') {
    throw refusal(
      'SnapStart for Node.js exists for container images only, and this function is a zip package with layers. ' +
        "Set packages.placement to 'image'.",
    );
  }
}

const refusal = (message: string): InfraError => new InfraError('INVALID_COLD_START', message);
