import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import {
  floats,
  floatTensor,
  int8Tensor,
  int64Tensor,
} from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { restoreBert } from '../../../model-assets/toolchain/src/requantise/bert-checkpoint.ts';
import { StoredWeights } from '../../../model-assets/toolchain/src/requantise/stored-weights.ts';
import { writeCheckpoint as writeRestored } from '../../../model-assets/toolchain/src/requantise/write-checkpoint.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

function graphWith(...initializer: OnnxModel['graph']['initializer']): Pick<OnnxModel, 'graph'> {
  const graph = { name: '', node: [], initializer, input: [], output: [], valueInfo: [] };
  return { graph };
}

describe('the weights of a quantised graph', () => {
  it('are integers times the scale of their column in a product, of their row in a table', () => {
    const stored = new StoredWeights(
      graphWith(
        int8Tensor('product/s8', [2, 3], Int8Array.of(1, -2, 3, 4, 5, -128)),
        floatTensor('product/scales', [3], Float32Array.of(0.5, 2, 10)),
        int8Tensor('table/s8', [2, 3], Int8Array.of(1, -2, 3, 4, 5, -6)),
        floatTensor('table/scales', [2, 1], Float32Array.of(0.5, 2)),
      ),
    );
    expect(stored.get('product')).toEqual({
      dims: [2, 3],
      values: Float32Array.of(0.5, -4, 30, 2, 10, -1280),
    });
    expect(stored.get('table').values).toEqual(Float32Array.of(0.5, -1, 1.5, 8, 10, -12));
    expect(stored.has('product')).toBe(true);
    expect(stored.has('other')).toBe(false);
    expect(() => stored.get('other')).toThrow("no weight 'other'");
  });

  it('are refused where their scales are of another form', () => {
    const stored = new StoredWeights(
      graphWith(
        int8Tensor('w/s8', [2, 3], new Int8Array(6)),
        floatTensor('w/scales', [2], new Float32Array(2)),
      ),
    );
    expect(() => stored.get('w')).toThrow("'w' as one scale for each channel");
  });
});

describe('a checkpoint that is restored', () => {
  it.each(['sequence-classification', 'token-classification'] as const)(
    'gives the graph of the original, value by value: %s',
    async (head) => {
      const [original, restored] = [join(folder, head), join(folder, `${head}-restored`)];
      const labels = ['O', 'B-x', 'I-x'];
      writeCheckpoint({ family: 'bert', head, shape: SHAPES.tiny, labels, seed: 3 }, original);
      const { model, labels: known } = await readSource(original);
      mkdirSync(restored);
      writeRestored(restoreBert(model, known), restored);
      for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
        copyFileSync(join(original, file), join(restored, file));
      }
      const again = await readSource(restored);
      expect(again.labels).toEqual(known);
      expect(again.model.graph.node).toEqual(model.graph.node);
      const constants = new Map(again.model.graph.initializer.map((tensor) => [tensor.name, tensor]));
      for (const tensor of model.graph.initializer.filter(({ dataType }) => dataType === 1)) {
        const other = constants.get(tensor.name);
        expect(other && [...floats(other)], tensor.name).toEqual([...floats(tensor)]);
      }
    },
  );

  it('is refused where the graph is of another kind', () => {
    const model = { ...graphWith(int64Tensor('x', [1], [1])), irVersion: 0, opsetImport: [] };
    expect(() => restoreBert({ ...model, producerName: '', producerVersion: '' }, [])).toThrow('no weight');
  });
});
