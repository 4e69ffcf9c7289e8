/** The rungs of int8 on step graphs: near fp32, and the same bits whoever runs beside. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltGenerator, buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { ELEMENT } from '@pilotlight/toolchain/internal/graph/tensor';
import type { WeightSource } from '@pilotlight/toolchain/internal/graph/weights';
import { silent } from '@pilotlight/toolchain/internal/progress';
import { INT8_RUNGS, type Rung } from '@pilotlight/toolchain/internal/schemes/rung';
import { Calibration } from '@pilotlight/toolchain/internal/stages/quantise';
import { expect, test } from 'vitest';
import { Random } from '../../../fixtures/random.ts';
import { gpt2Shapes, llamaShapes, randomWeights } from '../../../support/generation/random-weights.ts';
import { type Scored, StepRunner, wholeTextFeed } from '../../../support/generation/run-steps.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const scratch = temporaryFolder();
/** Large enough for a head and a table that are quantised. */
const VOCABULARY = 1100;
const HIDDEN = 64;

interface Model {
  readonly config: object;
  readonly weights: WeightSource;
}

const GPT2: Model = {
  config: {
    model_type: 'gpt2',
    n_embd: HIDDEN,
    n_layer: 2,
    n_head: 4,
    n_positions: 64,
    vocab_size: VOCABULARY,
  },
  weights: randomWeights(gpt2Shapes({ hidden: HIDDEN, layers: 2, positions: 64, vocabulary: VOCABULARY })),
};

const SHAPE = { hidden: HIDDEN, layers: 2, heads: 4, keyHeads: 2, dim: 16, inner: 96, tied: true };
const LLAMA: Model = {
  config: {
    model_type: 'llama',
    hidden_size: HIDDEN,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 96,
    vocab_size: VOCABULARY,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
  },
  weights: withOutliers(randomWeights(llamaShapes({ ...SHAPE, vocabulary: VOCABULARY }))),
};

/** Norms that stretch two channels, as those of trained models do. */
function withOutliers(source: WeightSource): WeightSource {
  return {
    names: () => source.names(),
    shape: (name) => source.shape(name),
    read: (name) => {
      const values = source.read(name).slice();
      if (name.endsWith('layernorm.weight')) for (const channel of [3, 41]) values[channel] = 25;
      return values;
    },
  };
}

const random = new Random(5);
const texts = Array.from({ length: 5 }, (_, index) =>
  Array.from({ length: 3 + 4 * index }, () => random.below(VOCABULARY)),
);

const rungOf = (scheme: string): Rung => {
  const rung = INT8_RUNGS.find((one) => one.scheme === scheme);
  if (rung === undefined) throw new TypeError(`There is no rung ${scheme}.`);
  return rung;
};

async function quantise({ config, weights }: Model, scheme: string): Promise<BuiltGenerator> {
  const built = buildGenerator(config, weights);
  const feeds = texts.map((ids) => wholeTextFeed(built, ids));
  const { model } = await rungOf(scheme).build(built.step.model, {
    settings: { keep: [], reduceRange: scheme === 'int8-rows' },
    progress: silent,
    scratch,
    calibration: async () => new Calibration(feeds, mkdtempSync(join(scratch, 'calibration-'))),
  });
  return { ...built, step: { ...built.step, model } };
}

test.each([
  ['GPT-2', GPT2, 'int8-rows', 0.05],
  ['Llama', LLAMA, 'int8-rows', 0.15],
  ['Llama', LLAMA, 'int8-blocks-64', 0.2],
  ['Llama', LLAMA, 'int8-blocks-32', 0.15],
  ['Llama', LLAMA, 'int8-weights', 0.1],
] as const)(
  '$0 in $2 scores tokens near fp32, and with the same bits whoever runs beside',
  async (_name, model, scheme, most) => {
    const fp32 = await StepRunner.open(buildGenerator(model.config, model.weights));
    const exact = await runTogether(fp32, texts);
    await fp32.close();
    const runner = await StepRunner.open(await quantise(model, scheme));
    const together = await runTogether(runner, texts);
    expect(relativeError(together, exact)).toBeLessThan(most);
    for (const [row, ids] of texts.entries()) {
      const [alone] = await runTogether(runner, [ids]);
      expect(alone, `text ${row}`).toEqual(together[row]);
    }
    await runner.close();
  },
);

test('int8 by row multiplies no matrix and looks up no table in fp32; a tied table is there as rows and as columns', async () => {
  const { graph } = (await quantise(LLAMA, 'int8-rows')).step.model;
  const matrices = graph.initializer.filter(({ dims }) => dims.length === 2 && Math.min(...dims) > 1);
  expect(matrices.filter(({ dataType }) => dataType === ELEMENT.float32)).toEqual([]);
  const shapes = matrices.map(({ dims }) => dims.map(Number));
  expect(shapes).toContainEqual([VOCABULARY, HIDDEN]);
  expect(shapes).toContainEqual([HIDDEN, VOCABULARY]);
});

test('outlier channels of norms and gates cost nothing when a Llama runs: they are divided where they come from', async () => {
  const { graph } = (await quantise(LLAMA, 'int8-rows')).step.model;
  const norms = graph.node.filter(({ opType }) => opType === 'SimplifiedLayerNormalization');
  const values = [...norms.flatMap(({ output }) => output), 'layer.0/gated', 'layer.1/gated'];
  expect(values).toHaveLength(7);
  for (const value of values) {
    const readers = graph.node.filter(({ input }) => input.includes(value));
    expect(readers.map(({ opType }) => opType).sort(), value).toEqual(['Abs', 'Div']);
  }
});

/** All tokens but the last of each text, and then that. */
async function runTogether(
  runner: StepRunner,
  all: readonly (readonly number[])[],
): Promise<readonly (readonly Scored[])[]> {
  const sequences = await Promise.all(all.map(() => runner.begin()));
  const run = (part: (ids: readonly number[]) => readonly number[], multiple: number) =>
    runner.run(
      sequences.map((sequence, row) => ({ sequence, ids: part(all[row] ?? []) })),
      { multiple },
    );
  const first = await run((ids) => ids.slice(0, -1), 16);
  const last = await run((ids) => ids.slice(-1), 1);
  return first.map((scored, row) => [...scored, ...(last[row] ?? [])]);
}

function relativeError(
  actual: readonly (readonly Scored[])[],
  expected: readonly (readonly Scored[])[],
): number {
  let [error, squares] = [0, 0];
  for (const [row, scored] of expected.entries()) {
    for (const [token, { logits }] of scored.entries()) {
      for (const [id, value] of logits.entries()) {
        error += ((actual[row]?.[token]?.logits[id] ?? Number.NaN) - value) ** 2;
        squares += value ** 2;
      }
    }
  }
  return Math.sqrt(error / squares);
}
