import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describeScheme } from '@pilotlight/model-format';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Feeds } from '../../../layers/engine/src/ports.ts';
import { createOnnxSession } from '../../../layers/engine/src/session/onnx-session.ts';
import { saveModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import { INT8_RUNGS } from '../../../model-assets/toolchain/src/schemes/rung.ts';
import { type ModelSource, readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { holdProducts } from '../../../model-assets/toolchain/src/stages/hold-products.ts';
import { Calibration } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { Random } from '../../fixtures/random.ts';
import { differenceOf } from '../../fixtures/same-bits.ts';
import { TINY, tinyCheckpoint } from './fixtures/tiny-models.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const random = new Random(8);
const ids = (count: number) => Array.from({ length: count }, () => random.below(TINY.vocabulary));
const feed = (tokens: number) => ({
  input_ids: ids(tokens),
  attention_mask: Array.from({ length: tokens }, () => 1),
  token_type_ids: Array.from({ length: tokens }, () => 0),
});
/** Batches of one text and more, of lengths that are and that are not multiples of what a kernel takes at once. */
const SHAPES = [
  [1, 1],
  [1, 5],
  [1, 16],
  [1, 31],
  [2, 7],
  [3, 16],
  [8, 9],
] as const;

const promising = INT8_RUNGS.filter(({ scheme }) => describeScheme(scheme).packsExactly);

describe.each(promising)('a classifier of the scheme $scheme', ({ build, scheme }) => {
  let source: ModelSource;
  const path = join(folder, `${scheme}.onnx`);

  beforeAll(async () => {
    source = await readSource(tinyCheckpoint(folder));
    const { model } = await build(source.model, {
      settings: { keep: [], reduceRange: false },
      progress: silent,
      scratch: folder,
      calibration: async () => new Calibration([3, 8, 13, 21].map(feed), mkdtempSync(join(folder, 'rows-'))),
    });
    holdProducts(model);
    saveModel(model, path, join(folder, `${scheme}.bin`));
  });

  it('gives the same bits before its weights are packed and after', async () => {
    const { inputs, outputs } = source;
    const graph = { file: path, inputs, outputs };
    const options = { intraOpThreads: 2, allowSpinning: false };
    const packed = await createOnnxSession(path, graph, options);
    const unpacked = await createOnnxSession(path, graph, { ...options, packs: false });
    for (const [rows, tokens] of SHAPES) {
      const values = feed(rows * tokens);
      const feeds: Feeds = Object.fromEntries(
        inputs.map(({ name, role }) => [
          name,
          { dims: [rows, tokens], data: BigInt64Array.from(values[role], BigInt) },
        ]),
      );
      const difference = differenceOf(await packed.run(feeds), await unpacked.run(feeds));
      expect(difference, `${rows} x ${tokens}`).toBeUndefined();
    }
    await Promise.all([packed.dispose(), unpacked.dispose()]);
  });
});

it('several rungs of the ladder promise it', () => {
  expect(promising.map(({ scheme }) => scheme)).toEqual(['int8-static', 'int8-static-rows', 'int8-rows']);
});
