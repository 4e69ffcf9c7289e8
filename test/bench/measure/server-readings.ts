/** What a server tells of itself each second while it is busy, and how its memory has grown. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoadedServer } from '../load/server.ts';
import type { Comparison, Curve, Series } from '../results.ts';
import { median, type Spread, spread } from '../statistics.ts';
import { pause } from './context.ts';

const SECOND_MS = 1000;
const NANOSECONDS_PER_MS = 1e6;
const MIB = 2 ** 20;
/** The time that counts as warm-up; less than ten minutes have a tenth of themselves. */
const WARM_SECONDS = 60;
const WARM_SHARE = 0.1;
/** Readings that a figure is the median of. */
export const READINGS = 5;
/** The timer that the server watches its event loop by. */
const RESOLUTION_MS = 10;

export interface ServerReadings {
  /** MiB by seconds. */
  readonly resident: Curve['points'];
  /** Those of the part that no file stands behind. */
  readonly own: Curve['points'];
  /** 99th percentile of the delays of the event loop in each second, in milliseconds. */
  readonly lags: readonly number[];
  /** The same of this process, which waits for the next second: what the machine takes from everybody. */
  readonly idleLags: readonly number[];
}

/** Reads until `work` is over; `tell` gets the number of readings. @throws what `work` throws */
export async function readEachSecond(
  server: Pick<LoadedServer, 'metrics' | 'anonymousBytes'>,
  work: Promise<unknown>,
  tell: (readings: number) => void,
): Promise<ServerReadings> {
  const resident: [number, number][] = [];
  const own: [number, number][] = [];
  const lags: number[] = [];
  const idleLags: number[] = [];
  const idle = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  idle.enable();
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  const start = performance.now();
  while (!over) {
    await Promise.race([pause(SECOND_MS), ended]);
    idleLags.push(Math.max(0, idle.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS));
    const [bytes = Number.NaN, lag = Number.NaN] = await server.metrics(
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    );
    const at = (performance.now() - start) / SECOND_MS;
    resident.push([at, bytes / MIB]);
    own.push([at, server.anonymousBytes() / MIB]);
    lags.push(lag * SECOND_MS);
    tell(resident.length);
    idle.reset();
  }
  idle.disable();
  return { resident, own, lags, idleLags };
}

export const warmSeconds = (seconds: number): number => Math.min(WARM_SECONDS, seconds * WARM_SHARE);

/** The last readings over the first ones after `warm` seconds; the spread is that of all pairs. */
export function measureGrowth(points: Curve['points'], warm: number): Spread {
  const memory = points.map(([, mebibytes]) => mebibytes);
  const after = Math.max(
    0,
    points.findIndex(([at]) => at >= warm),
  );
  const early = memory.slice(after, after + READINGS);
  const late = memory.slice(-READINGS);
  const ratios = late.flatMap((end) => early.map((begin) => end / begin));
  return { ...spread(ratios), median: median(late) / median(early) };
}

export function readingSeries({ resident, lags, idleLags }: ServerReadings): Series[] {
  const subject = 'the server';
  return [
    {
      subject,
      metric: 'resident memory, each second',
      unit: 'MiB',
      samples: resident.map(([, mebibytes]) => mebibytes),
    },
    { subject, metric: 'event loop delay of a second, p99', unit: 'ms', samples: lags },
    {
      subject: 'a process that waits',
      metric: 'event loop delay of a second, p99',
      unit: 'ms',
      samples: idleLags,
    },
  ];
}

/** Growth of the part without mapped files, where the system tells it. */
export function ownGrowth({ own }: ServerReadings, warm: number): Comparison[] {
  if (!isKnown(own)) return [];
  return [
    {
      name: 'its part without mapped files: at the end / after the warm-up',
      unit: 'x',
      value: measureGrowth(own, warm),
    },
  ];
}

export const memoryCurves = ({ resident, own }: ServerReadings): Curve[] => [
  { subject: 'resident', points: resident },
  ...(isKnown(own) ? [{ subject: 'without mapped files', points: own }] : []),
];

const isKnown = (points: Curve['points']): boolean =>
  points.every(([, mebibytes]) => Number.isFinite(mebibytes));
