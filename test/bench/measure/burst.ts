/** Bursts of requests to deployments at zero: the web function, by the requests that an environment may have at once, and the predict function. */
import { join } from 'node:path';
import { type GatewayExchange, LocalLambda, LocalWebFunction, serveHttpApi } from '@pilotlight/local';
import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';
import type { ProgressBar } from 'pilotlight/internal/kit/progress';
import { builtPredict } from 'pilotlight/internal/start/lambda/built-functions';
import { builtWeb } from 'pilotlight/internal/start/lambda/serve-web';
import { describePackage } from '../../../layers/builders/src/models/index.ts';
import { LAMBDA_MODEL } from '../default-models.ts';
import { BenchError } from '../errors.ts';
import { ROOT } from '../paths.ts';
import type { Measured, Series, Unit } from '../results.ts';
import { pairedRatio, quantile, spread } from '../statistics.ts';
import { alternateOrder } from '../subject-process.ts';
import { judge } from '../targets.ts';
import { TextMaker } from '../texts.ts';
import { pause, Samples, SEED } from './context.ts';

export const BURST_ROUNDS = 3;
const REQUESTS = 1000;
const BURST = 64;
/** Counted from 1. */
const LATE_BURST = 10;
const TOKENS = 32;
/** Between the last answer of a burst and the next burst. */
const REST_MS = 200;
const MOST_ENVIRONMENTS = 100;
/** Requests that an environment of the web function may have at once. */
const CONCURRENCIES = [64, 16, 4, 1] as const;

const PACKAGES = join(ROOT, 'model-assets/packages');
const DESCRIPTION = describePackage(PACKAGES, { name: LAMBDA_MODEL });
const TOKENIZER = join(DESCRIPTION.folder, 'tokenizer.json');
const WEB_MEMORY_GB = 2;
const PREDICT_MEMORY_GB = MEGABYTES_PER_VCPU / 1024;

/** What the rules of a price count. */
interface Bill {
  readonly environments: number;
  readonly requests: number;
  readonly memoryGbSeconds: number;
  /** Only web functions are billed for it. */
  readonly cpuSeconds?: number;
}

/** A deployment at zero. */
interface Deployment {
  readonly url: string;
  bill(): Bill;
  close(): Promise<void>;
}

interface Subject {
  readonly name: string;
  readonly start: () => Promise<Deployment>;
}

const webName = (concurrency: number) => `web function, ${concurrency} at once`;
const PREDICT = 'predict function';
const METRICS: Readonly<Record<string, Unit>> = {
  environments: 'environments',
  'first burst, p50': 'ms',
  'first burst, p99': 'ms',
  'tenth burst, p50': 'ms',
  'tenth burst, p99': 'ms',
};
const BILLED: Readonly<Record<string, Unit>> = { requests: 'requests', memory: 'GB-s', 'CPU time': 's' };
const ALONE = 'one request to a deployment at zero';

/** Measures, in every round, one request and then 1,000 in bursts of 64 for each subject, from zero each time. */
export async function measureBurst(rounds: number, progress: ProgressBar): Promise<Measured> {
  const subjects = await buildSubjects();
  const samples = new Samples();
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of alternateOrder(round, subjects).entries()) {
      progress.count('bursts', round * subjects.length + index + 1, rounds * subjects.length);
      const add = (metric: string, value: number) => samples.add(`${subject.name}/${metric}`, value);
      const alone = await deployed(subject, async ({ url }) => burst(url, 1));
      add(ALONE, alone[0] ?? Number.NaN);
      await deployed(subject, async (deployment) => measureBursts(deployment, add));
    }
  }
  progress.clear();
  return summarise(samples);
}

async function deployed<T>({ start }: Subject, work: (deployment: Deployment) => Promise<T>): Promise<T> {
  const deployment = await start();
  try {
    return await work(deployment);
  } finally {
    await deployment.close();
  }
}

async function measureBursts(
  { url, bill }: Deployment,
  add: (metric: string, value: number) => void,
): Promise<void> {
  for (let sent = 0, number = 1; sent < REQUESTS; sent += BURST, number++) {
    const times = await burst(url, Math.min(BURST, REQUESTS - sent));
    const name = number === 1 ? 'first' : number === LATE_BURST ? 'tenth' : undefined;
    if (name !== undefined) {
      add(`${name} burst, p50`, quantile(times, 0.5));
      add(`${name} burst, p99`, quantile(times, 0.99));
    }
    if (sent + BURST < REQUESTS) await pause(REST_MS);
  }
  const { environments, requests, memoryGbSeconds, cpuSeconds } = bill();
  add('environments', environments);
  add('requests', requests);
  add('memory', memoryGbSeconds);
  if (cpuSeconds !== undefined) add('CPU time', cpuSeconds);
}

/** Sends so many requests at once, and gives the milliseconds of each. */
function burst(url: string, count: number): Promise<number[]> {
  const texts = new TextMaker(TOKENIZER, SEED.burst);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const inputs = texts.ofTokens(TOKENS);
      const start = performance.now();
      const response = await fetch(`${url}/models/${LAMBDA_MODEL}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs }),
      });
      const body = await response.text();
      if (!response.ok) throw new BenchError('SUBJECT_FAILED', `a burst got ${response.status}: ${body}`);
      return performance.now() - start;
    }),
  );
}

async function buildSubjects(): Promise<Subject[]> {
  const { definition } = builtWeb(PACKAGES, [DESCRIPTION]);
  const predict = await builtPredict([DESCRIPTION], { reservedConcurrency: MOST_ENVIRONMENTS });
  const webs = CONCURRENCIES.map((maxConcurrencyPerEnvironment): Subject => {
    const scaling = { maxConcurrencyPerEnvironment, maxEnvironments: MOST_ENVIRONMENTS };
    const start = async (): Promise<Deployment> => {
      const web = new LocalWebFunction({ ...definition, ...scaling });
      const url = await web.serve();
      return { url, bill: () => webBill(web), close: () => web.close() };
    };
    return { name: webName(maxConcurrencyPerEnvironment), start };
  });
  const start = async (): Promise<Deployment> => {
    const lambda = await LocalLambda.start({ functions: [predict] });
    const exchanges: GatewayExchange[] = [];
    const api = await serveHttpApi({
      invoke: (request) => lambda.invoke(request),
      functionName: predict.name,
      answered: (exchange) => exchanges.push(exchange),
    });
    const close = async () => {
      await api.close();
      await lambda.close();
    };
    return { url: api.url, bill: () => predictBill(exchanges), close };
  };
  return [...webs, { name: PREDICT, start }];
}

/** "Requests, active CPU time, memory for the environment's life." */
function webBill(web: LocalWebFunction): Bill {
  const usage = web.usage();
  const sum = (value: (one: (typeof usage)[number]) => number) =>
    usage.reduce((all, one) => all + value(one), 0);
  return {
    environments: usage.length,
    requests: sum(({ requests }) => requests),
    memoryGbSeconds: (sum(({ lifeMs }) => lifeMs) / 1000) * WEB_MEMORY_GB,
    cpuSeconds: sum(({ cpuMs }) => cpuMs) / 1000,
  };
}

/** Requests, and the memory of the function for the time of each, init phases included, in whole milliseconds. */
function predictBill(exchanges: readonly GatewayExchange[]): Bill {
  const results = exchanges.flatMap(({ result }) => result ?? []);
  const ms = results.reduce(
    (all, { durationMs, init }) => all + Math.ceil(durationMs + (init?.totalMs ?? 0)),
    0,
  );
  return {
    environments: new Set(results.map(({ environment }) => environment)).size,
    requests: results.length,
    memoryGbSeconds: (ms / 1000) * PREDICT_MEMORY_GB,
  };
}

function summarise(samples: Samples): Measured {
  const of = (subject: string, metric: string) => samples.get(`${subject}/${metric}`);
  const subjects = [...CONCURRENCIES.map(webName), PREDICT];
  const rows = (row: string, metrics: Readonly<Record<string, Unit>>): Series[] =>
    subjects.flatMap((subject) =>
      Object.entries(metrics)
        .filter(([metric]) => of(subject, metric).length > 0)
        .map(([metric, unit]) => ({ row, subject, metric, unit, samples: of(subject, metric) })),
    );
  const [web] = CONCURRENCIES.map(webName);
  if (web === undefined) throw new BenchError('NO_SAMPLES', 'nothing was measured');
  return {
    series: [
      ...rows('bursts of 64', METRICS),
      ...rows('billed for 1,000 requests', BILLED),
      ...subjects.map(
        (subject): Series => ({ subject, metric: ALONE, unit: 'ms', samples: of(subject, ALONE) }),
      ),
    ],
    comparisons: [
      judge({ name: `environments: ${web}`, unit: 'environments' }, spread(of(web, 'environments')), {
        atMost: 2,
      }),
      judge(
        { name: `p99 of the first burst / one request at zero: ${web}` },
        pairedRatio(of(web, 'first burst, p99'), of(web, ALONE)),
        { atMost: 2 },
      ),
      {
        name: `memory that is billed: ${web} / ${PREDICT}`,
        unit: 'x',
        value: pairedRatio(of(web, 'memory'), of(PREDICT, 'memory')),
      },
    ],
    notes: [
      `${REQUESTS} requests of ${TOKENS} tokens in bursts of ${BURST} with ${REST_MS} ms between them, each from the first connection to the last byte, to the emulators of docs/reference/local-lambda.md: the web function by its endpoint, the predict function by an HTTP API. Nothing is deployed at AWS.`,
      'All environments share the cores of this machine. On Lambda each has its own, one vCPU for the predict function and two for the web function, so that the bursts of whoever has many environments are slower here than there: 64 environments of the predict function would each take as long as one alone. The number of environments, and what one environment does with 64 requests, do not depend on it.',
      `Billed by the rules of each: the predict function for its memory (${MEGABYTES_PER_VCPU} MB) in each init phase and invocation; the web function for the time that its threads ran, and for 2 GB from the start of each environment to the last answer. Lambda keeps an environment for a while after that, and does not say how long: each second more is 2 GB-s for each environment.`,
      'Lambda lowers the number of requests at once by the load of an environment; here it is what each line says. A new endpoint may start with fewer.',
    ],
  };
}
