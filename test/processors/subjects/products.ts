/** Multiplies integers by every operator that packages have for it; gives the bytes of the outputs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '@pilotlight/model-format';
import { createOnnxSession } from '../../../layers/engine/src/session/onnx-session.ts';
import { INTEGER_PRODUCTS, ROWS, writeIntegerProducts } from '../../fixtures/integer-products.ts';
import { Random } from '../../fixtures/random.ts';
import { writeResults } from './write-results.ts';

const GRAPH: Graph = {
  file: 'model.onnx',
  inputs: [{ name: 'input_ids', role: 'input_ids', type: 'int64', axes: ['batch', 'tokens'] }],
  outputs: ['first', 'second'].map((name) => ({
    name,
    role: 'hidden_states',
    type: 'float32',
    axes: ['batch', 'tokens', 'hidden'],
  })),
};

const outputs: Record<string, Record<string, string>> = {};
for (const product of INTEGER_PRODUCTS) {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-products-'));
  const { file } = writeIntegerProducts(folder, new Random(7), { product, bias: true });
  const session = await createOnnxSession(file, GRAPH, {
    intraOpThreads: 1,
    allowSpinning: false,
    sumsMaySaturate: true,
  });
  const data = BigInt64Array.from({ length: ROWS }, (_, id) => BigInt(id));
  const tensors = await session.run({ input_ids: { dims: [1, ROWS], data } });
  outputs[product] = Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('base64')]),
  );
  await session.dispose();
  rmSync(folder, { recursive: true });
}
writeResults(outputs);
