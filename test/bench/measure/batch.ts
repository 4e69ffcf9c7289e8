import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { startWorld, type World } from '../../e2e/batch-world.ts';
import { BenchError } from '../errors.ts';
import type { Measured } from '../results.ts';
import { pairedRatio, spread } from '../statistics.ts';
import { alternateOrder, withSubjects } from '../subject-process.ts';
import { compare } from '../targets.ts';
import { countTokens, inBatches, type Lognormal, TextMaker } from '../texts.ts';
import { type Context, pause, Samples, SEED, specifySubjects } from './context.ts';

const TEXTS = { tiny: 64, real: 2048 } as const;
/** The same number as in the bulk measurement. */
const SENTENCES: Lognormal = { typical: 14, sigma: 0.8, shortest: 5, longest: 200 };
const REFERENCE_BATCH = 32;
const REST_MS = 200;
const MIB = 2 ** 20;
/** A default model, which is fast enough for files that are long. */
const MEMORY_MODEL = 'sentiment';
const MEMORY_ROWS = { tiny: [500, 2000], real: [10_000, 100_000] } as const;
const PIPELINE = 'Pilotlight, S3 to S3';

const summarySchema = z.object({ rowsOut: z.number() });
const replySchema = z.object({ milliseconds: z.number(), peak: z.number() });

/** A file of S3 through the batch function, beside the same texts in one call of the engine and through the peer. */
export async function measureBatch(context: Context): Promise<Measured> {
  const { prepared, rounds, threads, progress } = context;
  const size = prepared.model === 'tiny' ? 'tiny' : 'real';
  const maker = new TextMaker(prepared.tokenizer, SEED.batch);
  const lengths = { ...SENTENCES, longest: Math.min(SENTENCES.longest, prepared.maxTokens) };
  const texts = maker.lognormal(TEXTS[size], lengths);
  const [engine, peer] = specifySubjects(['pilotlight', 'peer'], context, maker.ofTokens(16));
  if (!engine || !peer) return { series: [], comparisons: [], notes: [] };
  const world = await startWorld();
  const rate = (milliseconds: number) => (1000 * texts.length) / milliseconds;
  const runs = [
    {
      name: PIPELINE,
      rate: async (round: number) => {
        const model = { PILOTLIGHT_MODELS_DIR: prepared.packages, PILOTLIGHT_PRELOAD_MODELS: prepared.model };
        const file = { key: `in/${prepared.model}/${round}.jsonl`, texts };
        return rate((await processFile(world, { ...model, threads }, file)).milliseconds);
      },
    },
    ...[
      { name: engine.name, spec: engine, batches: [texts] },
      {
        name: `${peer.name} in batches of ${REFERENCE_BATCH}`,
        spec: peer,
        batches: inBatches(texts, REFERENCE_BATCH),
      },
    ].map(({ name, spec, batches }) => ({
      name,
      rate: () =>
        withSubjects([spec], async ([subject]) => {
          await pause(REST_MS);
          return rate((await subject?.batches(batches))?.milliseconds ?? Number.NaN);
        }),
    })),
  ];
  const rates = new Samples();
  const peaks = new Samples();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, run] of alternateOrder(round, runs).entries()) {
        progress.count(
          `${texts.length} rows: ${run.name}`,
          round * runs.length + index,
          rounds * runs.length,
        );
        rates.add(run.name, await run.rate(round));
      }
    }
    for (const rows of MEMORY_ROWS[size]) {
      progress.count(`memory of ${rows} rows`, 0, 1);
      const model = {
        PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
        PILOTLIGHT_PRELOAD_MODELS: MEMORY_MODEL,
      };
      const file = { key: `in/${MEMORY_MODEL}/${rows}.jsonl`, texts: repeated(texts, rows) };
      peaks.add(
        `${rows.toLocaleString('en')} rows`,
        (await processFile(world, { ...model, threads }, file)).peak / MIB,
      );
    }
  } finally {
    await world.close();
    progress.clear();
  }
  const [own = '', ...others] = runs.map(({ name }) => name);
  const [short = '', long = ''] = peaks.names();
  const growth = (peaks.get(long)[0] ?? Number.NaN) / (peaks.get(short)[0] ?? Number.NaN);
  const targets = [{ atLeast: 0.85 }, { atLeast: 3 }];
  return {
    series: [
      ...rates.names().map((name) => ({
        subject: name,
        metric: 'rows of a file',
        unit: 'texts/s' as const,
        samples: rates.get(name),
      })),
      ...peaks.names().map((name) => ({
        subject: `Pilotlight, ${MEMORY_MODEL}, ${name}`,
        metric: 'peak memory',
        unit: 'MiB' as const,
        samples: peaks.get(name),
      })),
    ],
    comparisons: [
      ...others.map((other, index) =>
        compare(
          { name: `${own} / ${other}`, model: prepared.model },
          pairedRatio(rates.get(own), rates.get(other)),
          targets[index],
        ),
      ),
      compare({ name: `peak memory: ${long} / ${short}`, model: prepared.model }, spread([growth]), {
        atMost: 1.15,
      }),
    ],
    notes: [
      `${texts.length} rows of ${texts.reduce((sum, text) => sum + countTokens(text), 0)} tokens in all, in file order, in a .jsonl of a real S3 server on this machine, which runs in the process of the benchmark. Timed from message to answer: reading, predicting, writing parts and summary. The model is loaded before.`,
      `Memory is the highest of a fresh process that predicts one file with the ${MEMORY_MODEL} model, taken once.`,
    ],
  };
}

/** `in/<model>/<name>` gives `out/<model>@<version>/<name>/summary.json`. */
const summaryKey = (key: string): string => `${key.replace(/^in\/([^/]+)\//, 'out/$1@1.0.0/')}/summary.json`;

const repeated = (texts: readonly string[], rows: number): string[] =>
  Array.from({ length: rows }, (_, i) => texts[i % texts.length] ?? '');

/** Uploads a file and has a fresh process predict it. */
async function processFile(
  world: World,
  {
    threads,
    ...model
  }: {
    readonly threads: number;
    readonly PILOTLIGHT_MODELS_DIR: string;
    readonly PILOTLIGHT_PRELOAD_MODELS: string;
  },
  file: { readonly key: string; readonly texts: readonly string[] },
): Promise<z.infer<typeof replySchema>> {
  world.queue.drain();
  await world.put(file.key, file.texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const [message = ''] = world.queue.drain();
  const child = spawn(process.execPath, ['test/bench/batch-process.ts'], {
    env: {
      ...process.env,
      ...world.environment,
      ...model,
      PILOTLIGHT_INTRA_OP_THREADS: String(threads),
      POWERTOOLS_LOG_LEVEL: 'ERROR',
      POWERTOOLS_METRICS_DISABLED: 'true',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const replies = createInterface(child.stdout)[Symbol.asyncIterator]();
  await replies.next();
  await pause(REST_MS);
  child.stdin.end(`${message}\n`);
  const reply = await replies.next();
  if (reply.done) throw new BenchError('SUBJECT_FAILED', 'The process of the batch function ended.');
  await replies.next();
  const rows = summarySchema.parse(JSON.parse(await world.read(summaryKey(file.key)))).rowsOut;
  if (rows === file.texts.length) return replySchema.parse(JSON.parse(reply.value));
  throw new BenchError('SUBJECT_FAILED', `The batch function answered ${rows} of ${file.texts.length} rows.`);
}
