import { Clients } from '../load/clients.ts';
import { LENGTHS, TEXTS } from '../load/lengths.ts';
import { startServer } from '../load/server.ts';
import type { Curve, Measured } from '../results.ts';
import { median, type Spread, spread } from '../statistics.ts';
import { compare, judge } from '../targets.ts';
import { type Context, pause, SEED } from './context.ts';

const CLIENTS = 64;
const SECOND_MS = 1000;
const MIB = 2 ** 20;
/** The time that counts as warm-up; a soak shorter than ten minutes warms up for a tenth of it. */
const WARM_SECONDS = 60;
const WARM_SHARE = 0.1;
/** Readings that a figure is the median of. */
const READINGS = 5;

/** A server as busy as it can be: its memory each second. */
export async function measureSoak(context: Context): Promise<Measured> {
  const { prepared, minutes, progress } = context;
  const seconds = minutes * 60;
  const clients = await Clients.start({
    tokenizer: prepared.tokenizer,
    seed: SEED.soak,
    texts: TEXTS,
    lengths: { ...LENGTHS, longest: Math.min(LENGTHS.longest, prepared.maxTokens) },
  });
  const server = await startServer(context);
  const points: [number, number][] = [];
  const own: [number, number][] = [];
  const lags: number[] = [];
  let over = false;
  try {
    const load = clients
      .load({ do: 'closed', url: server.url, clients: CLIENTS, seconds, warmSeconds: 0 })
      .finally(() => {
        over = true;
      });
    const start = performance.now();
    while (!over) {
      await Promise.race([pause(SECOND_MS), load]);
      const [resident = Number.NaN, lag = Number.NaN] = await server.metrics(
        'process_resident_memory_bytes',
        'nodejs_eventloop_lag_p99_seconds',
      );
      const at = (performance.now() - start) / SECOND_MS;
      points.push([at, resident / MIB]);
      own.push([at, server.anonymousBytes() / MIB]);
      lags.push(lag * SECOND_MS);
      progress.count('soak', points.length, Math.ceil(seconds));
    }
    const { statuses, samples } = await load;
    progress.clear();
    return report({ points, own, lags, seconds, answered: samples.length, statuses, model: prepared.model });
  } finally {
    await Promise.all([clients.stop(), server.stop()]);
  }
}

function measureGrowth(points: Curve['points'], warm: number): Spread {
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

const counts = (statuses: Readonly<Record<string, number>>): string =>
  Object.entries(statuses)
    .map(([status, count]) => `${count} of ${status}`)
    .join(', ');

interface Soaked {
  readonly points: Curve['points'];
  /** Growth of the part that no file stands behind. */
  readonly own: Curve['points'];
  readonly lags: readonly number[];
  readonly seconds: number;
  readonly answered: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly model: string;
}

function report({ points, own, lags, seconds, answered, statuses, model }: Soaked): Measured {
  const warm = Math.min(WARM_SECONDS, seconds * WARM_SHARE);
  const errors = Object.entries(statuses).flatMap(([status, count]) =>
    ['200', '429'].includes(status) ? [] : [count],
  );
  const subject = 'the server';
  const ownKnown = own.every(([, mebibytes]) => Number.isFinite(mebibytes));
  return {
    series: [
      {
        subject,
        metric: 'resident memory, each second',
        unit: 'MiB',
        samples: points.map(([, resident]) => resident),
      },
      { subject, metric: 'event loop delay of a second, p99', unit: 'ms', samples: lags },
      { subject, metric: 'throughput', unit: 'texts/s', samples: [answered / seconds] },
    ],
    comparisons: [
      compare(
        { name: 'resident memory: at the end / after the first minute', model },
        measureGrowth(points, warm),
        { atMost: 1.05 },
      ),
      ...(ownKnown
        ? [
            {
              name: 'its part without mapped files: at the end / after the first minute',
              unit: 'x' as const,
              value: measureGrowth(own, warm),
            },
          ]
        : []),
      judge(
        { name: 'soak: errors other than 429', unit: 'requests' },
        spread([errors.reduce((sum, count) => sum + count, 0)]),
        {
          atMost: 0,
        },
      ),
    ],
    curves: [
      { subject: 'resident', points },
      ...(ownKnown ? [{ subject: 'without mapped files', points: own }] : []),
    ],
    notes: [
      `${CLIENTS} clients for ${seconds.toFixed(0)} seconds, each of which sends its next text as soon as it has its answer, of lengths as under load. Answers by status: ${counts(statuses)}. Memory is the resident set of the server as it tells it itself at /metrics, which is scraped each second; mapped files are in it, which the system drops and reads again as it likes.`,
      `After the first minute: the median of ${READINGS} readings from second ${warm.toFixed(0)}, over that of the last ${READINGS}. The spread is that of all pairs.`,
    ],
  };
}
