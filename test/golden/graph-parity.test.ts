import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, type TokenRequest, type TokenResult } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSource } from '../../model-assets/toolchain/sources/index.ts';
import {
  type CheckpointOptions,
  type Family,
  type Head,
  SHAPES,
  writeCheckpoint,
} from '../fixtures/checkpoints.ts';
import { writeFp32Package } from '../fixtures/fp32-package.ts';
import { referenceForward } from './reference-forward.ts';

const TOLERANCE = 1e-4;

const REQUESTS: readonly TokenRequest[] = [
  { text: 'I love this' },
  { text: 'The service was terrible, and nobody came to help us until the evening of the second day!' },
  { text: '' },
  { text: 'Where is my order?', pair: 'It was sent to the old address three weeks ago.' },
  { text: 'good' },
];

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-parity-'));
const packages = join(folder, 'packages');
const engine = new Engine({ packages });
afterAll(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

const FAMILIES: readonly Family[] = ['bert', 'distilbert'];
const HEADS: readonly Head[] = ['sequence-classification', 'token-classification', 'base'];
const CASES: readonly { readonly name: string; readonly options: CheckpointOptions }[] = [
  ...FAMILIES.flatMap((family) =>
    HEADS.map((head, seed) => {
      const labels = head === 'base' ? [] : ['negative', 'neutral', 'positive'];
      return { name: `${family}-${head}`, options: { family, head, shape: SHAPES.tiny, labels, seed } };
    }),
  ),
  ...['gelu_new', 'relu'].map((hidden_act) => {
    const config = { hidden_act, layer_norm_eps: 1e-5 };
    const labels = ['no', 'yes'];
    const options = {
      family: 'bert',
      head: 'sequence-classification',
      shape: SHAPES.tiny,
      labels,
      config,
    } as const;
    return { name: `bert-${hidden_act.replace('_', '-')}`, options };
  }),
];

describe.each(CASES)('graph of $name', ({ name, options }) => {
  const checkpoint = join(folder, name);
  let expected: (result: TokenResult) => Float64Array;

  beforeAll(async () => {
    writeCheckpoint(options, checkpoint);
    await writeFp32Package(await readSource(checkpoint), packages);
    const forward = referenceForward(checkpoint);
    expected = ({ encoding }) => forward(encoding.ids, encoding.typeIds);
  });

  it('gives what a float64 forward pass gives, for each text by itself', async () => {
    const predictor = await engine.predictor(name);
    for (const request of REQUESTS) {
      const [result] = await predictor.infer([request]);
      expectClose(result, expected);
    }
  });

  it('gives the same for texts of mixed lengths that are padded to one batch', async () => {
    const predictor = await engine.predictor(name);
    const results = await predictor.infer(REQUESTS);
    expect(results).toHaveLength(REQUESTS.length);
    for (const result of results) expectClose(result, expected);
  });
});

function expectClose(
  result: TokenResult | undefined,
  reference: (result: TokenResult) => Float64Array,
): void {
  if (!result) throw new RangeError('a request has no result');
  const [output] = Object.values(result.outputs);
  const expected = reference(result);
  expect(output?.data).toHaveLength(expected.length);
  const worst = expected.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (output?.data[index] ?? Number.NaN))),
    0,
  );
  expect(worst).toBeLessThan(TOLERANCE);
}
