/** What a run of `bench streams` says. */
import {
  measureGrowth,
  memoryCurves,
  ownGrowth,
  READINGS,
  readingSeries,
  type ServerReadings,
  warmSeconds,
} from '../measure/server-readings.ts';
import type { Comparison, Measured } from '../results.ts';
import { spread } from '../statistics.ts';
import { judge } from '../targets.ts';
import type { EndReply, HoldReply, LoadReply } from './protocol.ts';
import { LENGTHS } from './requests.ts';

export interface Streamed {
  readonly clients: number;
  readonly slots: number;
  readonly seconds: number;
  readonly readings: ServerReadings;
  readonly load: LoadReply;
  /** Requests that the server has not ended, and inputs that wait for a slot, once all clients are done. */
  readonly remaining: number;
  /** Texts that the server has ended because their client had left. */
  readonly cancelled: number;
  readonly held: HoldReply;
  readonly ended: EndReply;
}

const MOST_LAG_MS = 20;
const MOST_GROWTH = 1.03;
/** A client that gets no processor reads late: a short text may be whole by the time it leaves. */
const LEAST_CANCELLED = 99;

export function reportStreams(streamed: Streamed): Measured {
  const { readings, seconds, load, held, ended, slots } = streamed;
  const warm = warmSeconds(seconds);
  const none = (name: string, count: number): Comparison =>
    judge({ name, unit: 'streams' }, spread([count]), { atMost: 0 });
  const subject = 'the server';
  return {
    series: [
      ...readingSeries(readings),
      { subject, metric: 'the worst of them', unit: 'ms', samples: [Math.max(...readings.lags)] },
      { subject, metric: 'from a request to its first token', unit: 'ms', samples: load.firstMs },
      { subject, metric: 'between two tokens of a stream', unit: 'ms', samples: load.tokenMs },
      { subject, metric: 'throughput', unit: 'tokens/s', samples: [load.tokens / seconds] },
    ],
    comparisons: [
      judge({ name: 'event loop delay of a second, p99', unit: 'ms' }, spread(readings.lags), {
        atMost: MOST_LAG_MS,
      }),
      judge(
        { name: 'resident memory: at the end / after the warm-up' },
        measureGrowth(readings.resident, warm),
        { atMost: MOST_GROWTH },
      ),
      ...ownGrowth(readings, warm),
      none('streams with another text than the request gives alone', load.differing),
      none('streams that failed', countAll(load.failed)),
      judge(
        { name: 'streams that were left: those that were cancelled', unit: '%' },
        spread([(100 * streamed.cancelled) / load.left]),
        { atLeast: LEAST_CANCELLED },
      ),
      none('under way or waiting after the last stream', streamed.remaining),
      none('slots lost: those that do not run at once afterwards', slots - held.telling),
      none('SIGTERM: streams without a finish_reason', countAll(ended.failed)),
    ],
    curves: memoryCurves(readings),
    notes: describe(streamed, warm),
  };
}

type Counts = Readonly<Record<string, number>>;

const countAll = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

const list = (counts: Counts): string =>
  Object.entries(counts)
    .map(([reason, count]) => `${count} of ${reason}`)
    .join(', ') || 'none';

function describe({ clients, slots, seconds, load, ended }: Streamed, warm: number): readonly string[] {
  return [
    `The server of functions/server as a process, ${clients} clients in another one on the same cores for ${seconds.toFixed(0)} seconds, ${slots} slots. A client sends its next request as soon as its stream is over: texts of ${LENGTHS.least} to ${LENGTHS.most} tokens, half of them greedy and half drawn by a seed. Every third stream is left before its middle.`,
    `${load.same} streams gave the text, compared by ===, that the same request gives alone and without a stream; ${load.left} were left. Failures: ${list(load.failed)}.`,
    `Memory and the delay of the event loop are what the server tells at /metrics, which is scraped each second. The delay of a process that waits is that of the benchmark itself, by the same timer of 10 ms: it says what other programs take from everybody.`,
    `Growth is the median of the last ${READINGS} readings over that of ${READINGS} from second ${warm.toFixed(0)}. The spread is that of all pairs.`,
    `SIGTERM came while ${slots} streams ran and the others waited, with a grace that is shorter than the streams. Finish reasons: ${list(ended.reasons)}; ${ended.early} of them ended before their length. Without one: ${list(ended.failed)}.`,
  ];
}
