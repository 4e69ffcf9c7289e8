/** Minutes and days of UTC, in which usage is counted. Times are milliseconds since 1970. */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** `2026-11-30` */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
/** `2026-11-30T21:14` */
export const minuteOf = (time: number): string => new Date(time).toISOString().slice(0, 16);

export const startOfNextMinute = (time: number): number => next(time, MINUTE_MS);
export const startOfNextDay = (time: number): number => next(time, DAY_MS);

/** Whole seconds, at least one, after which there is a new allowance. */
export const secondsToNextMinute = (time: number): number => secondsTo(startOfNextMinute(time), time);
export const secondsToNextDay = (time: number): number => secondsTo(startOfNextDay(time), time);

const next = (time: number, length: number): number => (Math.floor(time / length) + 1) * length;
const secondsTo = (then: number, now: number): number => Math.ceil((then - now) / 1000);
