/** Step graphs as they are served, optimised and on the rungs of int8: near fp32, and the same bits whoever runs beside. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltGenerator, buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { ELEMENT } from '@pilotlight/toolchain/internal/graph/tensor';
import { silent } from '@pilotlight/toolchain/internal/progress';
import { INT8_RUNGS, type Rung } from '@pilotlight/toolchain/internal/schemes/rung';
import { optimise } from '@pilotlight/toolchain/internal/stages/optimise';
import { Calibration } from '@pilotlight/toolchain/internal/stages/quantise';
import { expect, test } from 'vitest';
import { Random } from '../../../fixtures/random.ts';
import { sampled } from '../../../scale.ts';
import { StepRunner, wholeTextFeed } from '../../../support/generation/run-steps.ts';
import { relativeError, runTogether } from '../../../support/generation/run-together.ts';
import { GPT2, HIDDEN, LLAMA, type TinyModel, VOCABULARY } from '../../../support/generation/tiny-models.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const scratch = temporaryFolder();
const random = new Random(5);
const texts = Array.from({ length: 5 }, (_, index) =>
  Array.from({ length: 3 + 4 * index }, () => random.below(VOCABULARY)),
);

const rungOf = (scheme: string): Rung => {
  const rung = INT8_RUNGS.find((one) => one.scheme === scheme);
  if (rung === undefined) throw new TypeError(`There is no rung ${scheme}.`);
  return rung;
};

async function quantise({ config, weights }: TinyModel, scheme: string): Promise<BuiltGenerator> {
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

let byRow: Promise<BuiltGenerator> | undefined;
/** The graphs of Llama in int8 by row, made once. */
const llamaByRow = (): Promise<BuiltGenerator> => {
  byRow ??= quantise(LLAMA, 'int8-rows');
  return byRow;
};

const SERVED = [
  ['GPT-2', GPT2, 'int8-rows', 0.05],
  ['Llama', LLAMA, 'int8-blocks-64', 0.2],
  ['Llama', LLAMA, 'int8-rows', 0.15],
  ['Llama', LLAMA, 'int8-blocks-32', 0.15],
  ['Llama', LLAMA, 'int8-weights', 0.1],
] as const;

test.each(sampled(SERVED, { short: 3 }))(
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

test.each([
  ['GPT-2', GPT2],
  ['Llama', LLAMA],
])(
  '%s that is optimised scores tokens as it did, with the same bits whoever runs beside',
  async (_name, model) => {
    const build = () => buildGenerator(model.config, model.weights);
    const written = await StepRunner.open(build());
    const exact = await runTogether(written, texts);
    await written.close();
    const built = build();
    const optimised = await optimise(built.step.model, { scratch });
    const runner = await StepRunner.open({ ...built, step: { ...built.step, model: optimised } });
    const together = await runTogether(runner, texts);
    expect(relativeError(together, exact)).toBeLessThan(1e-5);
    for (const [row, ids] of texts.entries()) {
      expect((await runTogether(runner, [ids]))[0], `text ${row}`).toEqual(together[row]);
    }
    await runner.close();
  },
);

test('int8 by row multiplies no matrix and looks up no table in fp32; a tied table is there as rows and as columns', async () => {
  const { graph } = (await llamaByRow()).step.model;
  const matrices = graph.initializer.filter(({ dims }) => dims.length === 2 && Math.min(...dims) > 1);
  expect(matrices.filter(({ dataType }) => dataType === ELEMENT.float32)).toEqual([]);
  const shapes = matrices.map(({ dims }) => dims.map(Number));
  expect(shapes).toContainEqual([VOCABULARY, HIDDEN]);
  expect(shapes).toContainEqual([HIDDEN, VOCABULARY]);
});

test('outlier channels of norms and gates cost nothing when a Llama runs: they are divided where they come from', async () => {
  const { graph } = (await llamaByRow()).step.model;
  const norms = graph.node.filter(({ opType }) => opType === 'SimplifiedLayerNormalization');
  const values = [...norms.flatMap(({ output }) => output), 'layer.0/gated', 'layer.1/gated'];
  expect(values).toHaveLength(7);
  for (const value of values) {
    const readers = graph.node.filter(({ input }) => input.includes(value));
    expect(readers.map(({ opType }) => opType).sort(), value).toEqual(['Abs', 'Div']);
  }
});
