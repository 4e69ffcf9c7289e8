import type { Duration } from 'aws-cdk-lib';
import type { Hours, ZonedHours } from './hours.ts';

/** What stands ready before a request arrives: one of four ways, which exclude each other. */
export type ColdStart = ProvisionedConcurrency | WarmUp | SnapStartImage | NoMeasure;

/**
 * Lambda keeps environments ready, and bills them while they are. A deployment sets their number back to `count` or
 * `min`; scaling takes it from there.
 */
export type ProvisionedConcurrency = FixedConcurrency | TrackedConcurrency;

export interface FixedConcurrency {
  readonly kind: 'provisioned';
  /** Environments outside of `schedules`. 0 is for functions whose schedules say when they are needed. */
  readonly count: number;
  /** Times of day with another number. @default - none */
  readonly schedules?: CapacitySchedules;
}

export interface TrackedConcurrency {
  readonly kind: 'provisioned';
  /** Environments at least. 0 is for functions whose schedules say when they are needed. */
  readonly min: number;
  /** Environments at most. */
  readonly max: number;
  /** Share of the environments that is to be busy, 0.1 to 0.9: above, more are made. @default 0.7 */
  readonly utilization?: number;
  /** Times of day with other bounds. @default - none */
  readonly schedules?: CapacitySchedules;
}

export interface CapacitySchedules {
  /** Of the IANA database, such as `Europe/Zurich`. @default 'Etc/UTC' */
  readonly timeZone?: string;
  /** They may touch, but not overlap. */
  readonly windows: readonly CapacityWindow[];
}

/** Bounds from one time of day to another. */
export interface CapacityWindow extends Hours {
  /** Environments at least. */
  readonly min: number;
  /** Environments at most. @default - that outside of the windows, or `min` where it is more */
  readonly max?: number;
}

/** A schedule invokes the function again and again, so that Lambda keeps its environments. */
export interface WarmUp {
  readonly kind: 'warmup';
  /** Whole minutes, 1 to 10. Lambda does not say for how long it keeps an idle environment. */
  readonly every: Duration;
  /** Environments to have warm, up to 500. */
  readonly concurrency: number;
  /** When to do it, in full hours. @default - always */
  readonly hours?: ZonedHours;
}

/** Lambda restores environments from a snapshot: for Node.js, those of container images only. */
export interface SnapStartImage {
  readonly kind: 'snapstart-image';
}

/** Environments are made when requests arrive. */
export interface NoMeasure {
  readonly kind: 'none';
}

/** @default of `utilization`: of 10 environments, 3 wait for a burst. */
export const DEFAULT_UTILIZATION = 0.7;

/** Environments outside of all schedules. */
export function capacityOf(provisioned: ProvisionedConcurrency): { min: number; max: number } {
  return 'count' in provisioned
    ? { min: provisioned.count, max: provisioned.count }
    : { min: provisioned.min, max: provisioned.max };
}

/** Most environments in a window. */
export function maximumOf(window: CapacityWindow, provisioned: ProvisionedConcurrency): number {
  return window.max ?? Math.max(window.min, capacityOf(provisioned).max);
}
