import { Clients } from '../load/clients.ts';
import { LENGTHS, TEXTS } from '../load/lengths.ts';
import type { LoadReply } from '../load/protocol.ts';
import { type LoadedServer, startServer } from '../load/server.ts';
import type { Comparison, Curve, Measured, Series, Unit } from '../results.ts';
import { median, pairedRatio, quantile, spread } from '../statistics.ts';
import { alternateOrder } from '../subject-process.ts';
import { compare, judge } from '../targets.ts';
import { type Context, Samples, SEED } from './context.ts';
import { batchLimits } from './load-limits.ts';

/** Texts of up to so many tokens are short: half of all. */
const SHORT_TOKENS = 32;
/** The most first: half load comes right after one client alone, which it is compared with. */
const CLIENTS = { tiny: [8, 1], real: [64, 16, 4, 1] } as const;
/** Seconds of each measurement, after a part that does not count. */
const SECONDS = { tiny: 0.4, real: 6 } as const;
const WARM_SHARE = 0.25;
/** The 99th percentile of a few hundred requests is that of three: the loads that it is formed from last longer. */
const LONGER = 3;
/** The limit of the server in the measurement where the clients exceed it. */
const LIMIT = { PILOTLIGHT_MAX_CONCURRENT_REQUESTS: '4' } as const;
const LAG = 'nodejs_eventloop_lag_p99_seconds';

const DYNAMIC = 'dynamic batching';
const SINGLE = 'batches of 1';
const SERVERS: Readonly<Record<typeof DYNAMIC | typeof SINGLE, Readonly<Record<string, string>>>> = {
  [DYNAMIC]: {},
  [SINGLE]: { PILOTLIGHT_MAX_BATCH_REQUESTS: '1' },
};

interface Bench {
  readonly context: Context;
  readonly clients: Clients;
  readonly seconds: number;
  readonly samples: Samples;
}

/** The server of the container under clients of another process, beside itself without batches. */
export async function measureLoad(context: Context): Promise<Measured> {
  const { prepared, rounds, progress } = context;
  const size = prepared.model === 'tiny' ? 'tiny' : 'real';
  const clients = await Clients.start({
    tokenizer: prepared.tokenizer,
    seed: SEED.load,
    texts: TEXTS,
    lengths: { ...LENGTHS, longest: Math.min(LENGTHS.longest, prepared.maxTokens) },
  });
  const bench = { context, clients, seconds: SECONDS[size], samples: new Samples() };
  const most = Math.max(...CLIENTS[size]);
  try {
    for (let round = 0; round < rounds; round++) {
      progress.count('load of a server', round, rounds);
      await withServer(context, SERVERS[DYNAMIC], (dynamic) =>
        withServer(context, SERVERS[SINGLE], async (single) => {
          const servers = [
            [DYNAMIC, dynamic],
            [SINGLE, single],
          ] as const;
          for (const [turn, count] of CLIENTS[size].entries()) {
            for (const [name, server] of alternateOrder(round + turn, servers)) {
              await closedLoop(bench, server, name, count);
            }
          }
          await halfLoad(bench, dynamic, most);
        }),
      );
      await withServer(context, LIMIT, (server) => aboveTheLimit(bench, server, most));
    }
  } finally {
    await clients.stop();
  }
  const limits = await batchLimits(context);
  progress.clear();
  return report(bench.samples, CLIENTS[size], context, limits);
}

async function withServer(
  context: Context,
  environment: Readonly<Record<string, string>>,
  work: (server: LoadedServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(context, environment);
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function closedLoop(bench: Bench, server: LoadedServer, name: string, count: number): Promise<void> {
  const { clients, samples } = bench;
  const seconds = bench.seconds * (count === 1 ? LONGER : 1);
  await server.metrics(LAG);
  const reply = await clients.load({
    do: 'closed',
    url: server.url,
    clients: count,
    seconds,
    warmSeconds: seconds * WARM_SHARE,
  });
  const [lag = Number.NaN] = await server.metrics(LAG);
  samples.add(`${name}/lag`, lag * 1000);
  samples.add(`${name}/${count}/rate`, reply.samples.length / seconds);
  samples.add(`${name}/${count}/p99`, quantile(listTimes(reply), 0.99));
  samples.add(`${name}/${count}/short p50`, quantile(listShortTimes(reply), 0.5));
  samples.add(`${name}/${count}/short p99`, quantile(listShortTimes(reply), 0.99));
  samples.add('errors', countErrors(reply, ['200']));
}

/** Half of what it has just been able to do, at arrivals by chance. */
async function halfLoad(bench: Bench, server: LoadedServer, most: number): Promise<void> {
  const { clients, samples } = bench;
  const rate = (samples.get(`${DYNAMIC}/${most}/rate`).at(-1) ?? 1) / 2;
  const seconds = bench.seconds * LONGER;
  await server.metrics(LAG);
  const reply = await clients.load({
    do: 'open',
    url: server.url,
    rate,
    seconds,
    warmSeconds: seconds * WARM_SHARE,
  });
  const [lag = Number.NaN] = await server.metrics(LAG);
  samples.add(`${DYNAMIC}/lag`, lag * 1000);
  samples.add('half/p50', quantile(listShortTimes(reply), 0.5));
  samples.add('half/p99', quantile(listShortTimes(reply), 0.99));
  samples.add('errors', countErrors(reply, ['200']));
}

async function aboveTheLimit(bench: Bench, server: LoadedServer, most: number): Promise<void> {
  const { clients, samples, seconds } = bench;
  const reply = await clients.load({ do: 'closed', url: server.url, clients: most, seconds, warmSeconds: 0 });
  samples.add('refused', reply.statuses['429'] ?? 0);
  samples.add('errors above', countErrors(reply, ['200', '429']));
}

const listTimes = ({ samples }: LoadReply): number[] => samples.map(([, milliseconds]) => milliseconds);
const listShortTimes = ({ samples }: LoadReply): number[] =>
  samples.flatMap(([tokens, milliseconds]) => (tokens <= SHORT_TOKENS ? [milliseconds] : []));

function countErrors({ statuses }: LoadReply, expected: readonly string[]): number {
  const others = Object.entries(statuses).filter(([status]) => !expected.includes(status));
  return others.reduce((sum, [, count]) => sum + count, 0);
}

function report(
  samples: Samples,
  counts: readonly number[],
  { prepared }: Context,
  limits: Awaited<ReturnType<typeof batchLimits>>,
): Measured {
  const { model } = prepared;
  const most = Math.max(...counts);
  const least = Math.min(...counts);
  const series = (subject: string, metric: string, unit: Unit, from: string): Series => {
    return { subject, metric, unit, samples: samples.get(from) };
  };
  const names = [DYNAMIC, SINGLE];
  const upwards = counts.toSorted((a, b) => a - b);
  const curves = (metric: string): Curve[] =>
    names.map((subject) => {
      return {
        subject,
        points: upwards.map((count) => [count, median(samples.get(`${subject}/${count}/${metric}`))]),
      };
    });
  const unloaded = `${DYNAMIC}/${least}/short`;
  const comparisons: Comparison[] = [
    compare(
      { name: `throughput at ${most} clients: ${DYNAMIC} / ${SINGLE}`, model },
      pairedRatio(samples.get(`${DYNAMIC}/${most}/rate`), samples.get(`${SINGLE}/${most}/rate`)),
      { atLeast: 2.5 },
    ),
    { name: 'its limit: session.run in its best batches / one by one', unit: 'x', value: limits.ratio },
    {
      name: `throughput at ${most} clients: ${DYNAMIC} / session.run in its best batches`,
      unit: 'x',
      value: pairedRatio(samples.get(`${DYNAMIC}/${most}/rate`), limits.best),
    },
    compare(
      { name: 'short requests: p99 at half load / p99 of one client', model },
      pairedRatio(samples.get('half/p99'), samples.get(`${unloaded} p99`)),
      { atMost: 3 },
    ),
    {
      name: 'short requests: p99 at half load / median of one client',
      unit: 'x',
      value: pairedRatio(samples.get('half/p99'), samples.get(`${unloaded} p50`)),
    },
    judge({ name: 'errors below the limit', unit: 'requests' }, spread(samples.get('errors')), { atMost: 0 }),
    judge(
      { name: 'errors other than 429 above the limit', unit: 'requests' },
      spread(samples.get('errors above')),
      { atMost: 0 },
    ),
    compare(
      { name: `event loop delay, p99: ${DYNAMIC}`, unit: 'ms', model },
      highest(samples.get(`${DYNAMIC}/lag`)),
      { atMost: 20 },
    ),
  ];
  return {
    series: [
      ...names.flatMap((name) =>
        upwards.flatMap((count) => [
          series(name, `throughput, clients: ${count}`, 'texts/s', `${name}/${count}/rate`),
          series(name, `p99, clients: ${count}`, 'ms', `${name}/${count}/p99`),
        ]),
      ),
      series(DYNAMIC, 'short requests, one client: median', 'ms', `${unloaded} p50`),
      series(DYNAMIC, 'short requests, one client: p99', 'ms', `${unloaded} p99`),
      series(DYNAMIC, 'short requests, half load: median', 'ms', 'half/p50'),
      series(DYNAMIC, 'short requests, half load: p99', 'ms', 'half/p99'),
      ...names.map((name) => series(name, 'event loop delay, p99', 'ms', `${name}/lag`)),
      series(DYNAMIC, 'refused with 429 above the limit', 'requests', 'refused'),
      ...limits.series,
    ],
    comparisons,
    curves: curves('rate'),
    latencies: curves('p99'),
    notes: [
      `The server of functions/server as a process, ${most} clients in another one on the same cores. ${TEXTS} texts whose lengths are lognormal about ${LENGTHS.typical} tokens (sigma ${LENGTHS.sigma}), cut to ${LENGTHS.shortest}-${LENGTHS.longest}; one text a request. A client sends its next request as soon as it has its answer.`,
      `${SINGLE}: the same server, all else equal, with PILOTLIGHT_MAX_BATCH_REQUESTS=1. Both run all the time, and take turns at each number of clients; whose turn is first changes.`,
      `Half load: requests arrive by chance at half the rate that the server has just reached, and latency counts from when a request was due. Short requests are those of up to ${SHORT_TOKENS} tokens; what they are compared with is one client alone that sends the same texts, short and long, one after the other.`,
      `Above the limit: PILOTLIGHT_MAX_CONCURRENT_REQUESTS=${LIMIT.PILOTLIGHT_MAX_CONCURRENT_REQUESTS}; a client that is refused waits a moment.`,
      'The delay of the event loop is that of a timer of 10 ms in the main thread, the worst of all loads of a round; the verdict is on the worst of all rounds.',
      ...limits.notes,
    ],
  };
}

/** The verdict of a promise that holds throughout is that of the worst. */
function highest(values: readonly number[]) {
  return { ...spread(values), median: Math.max(...values) };
}
