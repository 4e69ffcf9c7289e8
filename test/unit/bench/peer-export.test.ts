import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { plainEncoder } from '../../bench/peer/families.ts';
import { writePeerModel } from '../../bench/peer/write-peer.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-bench-'));
  for (const family of ['bert', 'distilbert'] as const) {
    const checkpoint = join(folder, `${family}-checkpoint`);
    writeCheckpoint(
      { family, head: 'sequence-classification', shape: SHAPES.tiny, labels: ['no', 'yes'] },
      checkpoint,
    );
    writePeerModel(checkpoint, join(folder, family));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const graphOf = (family: string, file: string) =>
  parseModel(readFileSync(join(folder, family, 'onnx', file)));
const operators = (family: string, file: string) => {
  const counts: Record<string, number> = {};
  for (const { opType } of graphOf(family, file).graph.node) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
};

describe.each(['bert', 'distilbert'])('the peer model of a %s checkpoint', (family) => {
  it('is built of standard operators, with weights inside the file', () => {
    for (const file of ['model.onnx', 'model_quantized.onnx']) {
      const { graph, opsetImport } = graphOf(family, file);
      expect(opsetImport).toEqual([{ domain: '', version: 17 }]);
      expect(new Set(graph.node.map(({ domain }) => domain))).toEqual(new Set(['']));
      expect(graph.initializer.filter(({ dataLocation }) => dataLocation === 1)).toEqual([]);
    }
  });

  it('has separate products for query, key and value, and attention spelled out', () => {
    const { layers } = SHAPES.tiny;
    const weighted = 6 * layers + 2;
    expect(operators(family, 'model.onnx')).toMatchObject({
      MatMul: weighted + 2 * layers,
      Softmax: layers,
      Erf: layers,
    });
  });

  it('shares one quantisation between the products that read one value', () => {
    const { layers } = SHAPES.tiny;
    expect(operators(family, 'model_quantized.onnx')).toMatchObject({
      MatMulInteger: 6 * layers + 1,
      DynamicQuantizeLinear: 4 * layers + 1,
    });
  });
});

it.each([
  ['base', ['last_hidden_state']],
  ['question-answering', ['start_logits', 'end_logits']],
] as const)('exports a %s model with the outputs that transformers.js reads', (head, outputs) => {
  const checkpoint = join(folder, `${head}-checkpoint`);
  writeCheckpoint({ family: 'bert', head, shape: SHAPES.tiny }, checkpoint);
  writePeerModel(checkpoint, join(folder, head));
  const { graph } = graphOf(head, 'model_quantized.onnx');
  expect(graph.output.map(({ name }) => name)).toEqual(outputs);
});

it('refuses a family that it cannot export', () => {
  expect(() => plainEncoder({ model_type: 'roberta' })).toThrow(/BERT and DistilBERT/);
});
