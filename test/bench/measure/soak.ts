import { Clients } from '../load/clients.ts';
import { LENGTHS, TEXTS } from '../load/lengths.ts';
import { startServer } from '../load/server.ts';
import type { Measured } from '../results.ts';
import { spread } from '../statistics.ts';
import { compare, judge } from '../targets.ts';
import { type Context, SEED } from './context.ts';
import {
  measureGrowth,
  memoryCurves,
  ownGrowth,
  READINGS,
  readEachSecond,
  readingSeries,
  type ServerReadings,
  warmSeconds,
} from './server-readings.ts';

const CLIENTS = 64;
export const SOAK_MINUTES = 10;

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
  try {
    const load = clients.load({ do: 'closed', url: server.url, clients: CLIENTS, seconds, warmSeconds: 0 });
    const readings = await readEachSecond(server, load, (count) =>
      progress.count('soak', count, Math.ceil(seconds)),
    );
    const { statuses, samples } = await load;
    progress.clear();
    return report({ readings, seconds, answered: samples.length, statuses, model: prepared.model });
  } finally {
    await Promise.all([clients.stop(), server.stop()]);
  }
}

const counts = (statuses: Readonly<Record<string, number>>): string =>
  Object.entries(statuses)
    .map(([status, count]) => `${count} of ${status}`)
    .join(', ');

interface Soaked {
  readonly readings: ServerReadings;
  readonly seconds: number;
  readonly answered: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly model: string;
}

function report({ readings, seconds, answered, statuses, model }: Soaked): Measured {
  const warm = warmSeconds(seconds);
  const errors = Object.entries(statuses).flatMap(([status, count]) =>
    ['200', '429'].includes(status) ? [] : [count],
  );
  return {
    series: [
      ...readingSeries(readings),
      { subject: 'the server', metric: 'throughput', unit: 'texts/s', samples: [answered / seconds] },
    ],
    comparisons: [
      compare(
        { name: 'resident memory: at the end / after the warm-up', model },
        measureGrowth(readings.resident, warm),
        { atMost: 1.05 },
      ),
      ...ownGrowth(readings, warm),
      judge(
        { name: 'soak: errors other than 429', unit: 'requests' },
        spread([errors.reduce((sum, count) => sum + count, 0)]),
        {
          atMost: 0,
        },
      ),
    ],
    curves: memoryCurves(readings),
    notes: [
      `${CLIENTS} clients for ${seconds.toFixed(0)} seconds, each of which sends its next text as soon as it has its answer, of lengths as under load. Answers by status: ${counts(statuses)}. Memory is the resident set of the server as it tells it itself at /metrics, which is scraped each second; mapped files are in it, which the system drops and reads again as it likes.`,
      `After the warm-up: the median of ${READINGS} readings from second ${warm.toFixed(0)}, over that of the last ${READINGS}. The spread is that of all pairs.`,
    ],
  };
}
