/**
 * An answer is the same to the last bit, whatever shares its batch: every task, in fp32 and on the rungs of int8 that packages begin
 * with; in `npm test` some tasks, each in one of them. PILOTLIGHT_TESTS=long, as in the nightly workflow, takes 2,000 inputs for each task and every rung.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, type TaskName } from '@pilotlight/engine';
import { describeScheme } from '@pilotlight/model-format';
import { afterAll, expect, it } from 'vitest';
import { silent } from '../../model-assets/toolchain/src/progress.ts';
import { INT8_RUNGS, type Rung } from '../../model-assets/toolchain/src/schemes/rung.ts';
import { type ModelSource, readSource } from '../../model-assets/toolchain/src/sources/index.ts';
import { holdProducts } from '../../model-assets/toolchain/src/stages/hold-products.ts';
import { Calibration } from '../../model-assets/toolchain/src/stages/quantise.ts';
import { type CheckpointOptions, SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { writeFp32Package, writePackage } from '../fixtures/fp32-package.ts';
import { Random } from '../fixtures/random.ts';
import { type Answer, atOnce, findBitDifferences, randomTexts } from '../fixtures/same-bits.ts';
import { cases, LONG, sampled } from '../scale.ts';

const INPUTS = cases({ short: 10, long: 2000 });
/** Long enough for three spans of 128 tokens, which some kernels take at a time, and some of these inputs are longer than the model takes. */
const SHAPE = { ...SHAPES.tiny, positions: 300 };
const MOST_WORDS = 330;

interface Case {
  readonly task: TaskName;
  readonly checkpoint: Pick<CheckpointOptions, 'family' | 'head' | 'labels'>;
  readonly parameters?: object;
  /** Makes an input out of two texts; the second has a few words. @default - the first text */
  readonly input?: (text: string, other: string) => unknown;
}

const classifier = (...labels: string[]) => ({ head: 'sequence-classification', labels }) as const;
const CASES: readonly Case[] = [
  { task: 'text-classification', checkpoint: { family: 'distilbert', ...classifier('bad', 'fair', 'good') } },
  {
    task: 'token-classification',
    checkpoint: { family: 'roberta', head: 'token-classification', labels: ['O', 'B-PER', 'I-PER'] },
    parameters: { aggregation_strategy: 'none', ignore_labels: [] },
  },
  {
    task: 'question-answering',
    checkpoint: { family: 'bert', head: 'question-answering' },
    input: (context, question) => ({ question, context }),
  },
  {
    task: 'fill-mask',
    checkpoint: { family: 'bert', head: 'masked-lm' },
    input: (text) => `the [MASK] ${text}`,
  },
  {
    task: 'zero-shot-classification',
    checkpoint: { family: 'camembert', ...classifier('contradiction', 'neutral', 'entailment') },
    parameters: { candidate_labels: ['food', 'a long journey by train', 'money'] },
  },
  {
    task: 'feature-extraction',
    checkpoint: { family: 'mpnet', head: 'base' },
    parameters: { pooling: 'mean' },
  },
  {
    task: 'sentence-similarity',
    checkpoint: { family: 'bert', head: 'base' },
    input: (text, other) => ({ source_sentence: other, sentences: [text, other, `${text} ${other}`] }),
  },
  {
    task: 'text-ranking',
    checkpoint: { family: 'xlm-roberta', ...classifier('LABEL_0') },
    input: (text, query) => ({ query, texts: [text, query] }),
  },
];

/** A rung of int8, or fp32 where there is none. */
const SCHEMES: readonly (Rung | undefined)[] = [undefined, ...(LONG ? INT8_RUNGS : INT8_RUNGS.slice(0, 2))];

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-same-bits-'));
afterAll(() => rmSync(folder, { recursive: true }));

const runs = CASES.flatMap((one, task) =>
  SCHEMES.filter((_, scheme) => LONG || task % SCHEMES.length === scheme).map((rung) => ({
    ...one,
    rung,
    scheme: rung?.scheme ?? 'fp32',
  })),
);
it.each(sampled(runs, { short: 5 }))(
  '$task in $scheme gives each input the same bits alone, in any batch and order, on 1 and 2 threads, beside other calls',
  async ({ task, checkpoint, parameters, input = (text) => text, rung }) => {
    const random = new Random(task.length);
    const { packages, name } = await write(task, checkpoint, rung, random);
    const texts = randomTexts(INPUTS, MOST_WORDS, random);
    const others = randomTexts(INPUTS, 6, random);
    const inputs = texts.map((text, index) => input(text, others[index] ?? ''));
    const shared = {
      packages,
      intraOpThreads: 2,
      batching: 'dynamic',
      sessions: 'worker',
      shortLaneTokens: 16,
      queueLimits: { maxBatchTokens: 2048, maxPadding: 4 },
    } as const;
    const engines = {
      one: new Engine({ packages, intraOpThreads: 1 }),
      two: new Engine({ packages, intraOpThreads: 2 }),
      shared: new Engine(shared),
      parts: new Engine({ ...shared, parallelSessions: 2 }),
    };
    const settings = {
      truncate: task !== 'question-answering',
      ...parameters,
    };
    const predict =
      (engine: Engine): Answer<unknown> =>
      async (call) =>
        (await engine.predict(name, call, settings, { task })).results;
    const eachRow: Answer<unknown> = async (rows) =>
      (await (await engines.one.predictor(name)).predictEach(rows, settings, { task })).outcomes.map((row) =>
        'result' in row ? row.result : row.error,
      );
    const differences = await findBitDifferences({
      inputs,
      alone: predict(engines.one),
      others: {
        'in batches': predict(engines.one),
        'on 2 threads': predict(engines.two),
        'beside other calls': atOnce(predict(engines.shared), random),
        'on sessions beside one another': atOnce(predict(engines.parts), random),
        'as rows of a file': eachRow,
      },
      random,
      rounds: LONG ? 2 : 1,
    });
    await Promise.all(Object.values(engines).map((engine) => engine.dispose()));
    expect(differences).toEqual([]);
  },
  LONG ? 3_600_000 : 120_000,
);

it.each(['sentiment', 'intent', 'slots'])(
  '%s, as it is served by default, gives each text the same bits alone, in any batch and order, on 1 and 2 threads, beside other calls',
  async (name) => {
    const random = new Random(name.length);
    const packages = join(import.meta.dirname, '../../model-assets/packages');
    const inputs = randomTexts(LONG ? INPUTS : 64, 60, random);
    const engines = {
      one: new Engine({ packages, intraOpThreads: 1 }),
      two: new Engine({ packages, intraOpThreads: 2 }),
      shared: new Engine({ packages, intraOpThreads: 2, batching: 'dynamic', sessions: 'worker' }),
    };
    const settings = { truncate: true };
    const infer =
      (engine: Engine): Answer<string> =>
      async (texts) => {
        const predictor = await engine.predictor(name);
        const results = await predictor.infer(
          texts.map((text) => ({ text })),
          settings,
        );
        return results.map(({ outputs }) => outputs.logits?.data);
      };
    const differences = await findBitDifferences({
      inputs,
      alone: infer(engines.one),
      others: {
        'in batches': infer(engines.one),
        'on 2 threads': infer(engines.two),
        'beside other calls': atOnce(infer(engines.shared), random),
      },
      random,
      mostTogether: 64,
    });
    await Promise.all(Object.values(engines).map((engine) => engine.dispose()));
    expect(differences).toEqual([]);
  },
  LONG ? 3_600_000 : 120_000,
);

/** Writes the package of a random checkpoint. */
async function write(
  task: TaskName,
  checkpoint: Case['checkpoint'],
  rung: Rung | undefined,
  random: Random,
): Promise<{ packages: string; name: string }> {
  const root = mkdtempSync(join(folder, 'case-'));
  const [packages, name] = [join(root, 'packages'), task];
  writeCheckpoint({ ...checkpoint, shape: SHAPE, seed: 5 }, join(root, name));
  const source = await readSource(join(root, name), { task });
  if (rung === undefined) await writeFp32Package(source, packages);
  else {
    const feeds = [9, 30, 80].map((tokens) => feedOf(source, tokens, random));
    const calibration = async () => new Calibration(feeds, root);
    const settings = { keep: [], reduceRange: false };
    await writePackage(source, packages, rung.scheme, async (scratch) => {
      const { model } = await rung.build(source.model, { settings, progress: silent, scratch, calibration });
      // As a package has it: else it would change when its weights are packed.
      if (describeScheme(rung.scheme).packsExactly) holdProducts(model);
      return model;
    });
  }
  return { packages, name };
}

/** Tokens at random, as inputs of a graph. */
function feedOf({ inputs }: ModelSource, tokens: number, random: Random): Record<string, number[]> {
  const ids = Array.from({ length: tokens }, () => 200 + random.below(700));
  const values = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: ids.map(() => 0) };
  return Object.fromEntries(inputs.map(({ name, role }) => [name, values[role]]));
}
