import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, type TokenRequest, type TokenResult } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSource } from '../../model-assets/toolchain/src/sources/index.ts';
import { type CheckpointOptions, FAMILIES, HEADS, SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { writeFp32Package } from '../fixtures/fp32-package.ts';
import { cases, LONG } from '../scale.ts';
import { type ReferenceOutputs, referenceForward } from './reference-forward.ts';

const TOLERANCE = 1e-4;

const REQUESTS: readonly TokenRequest[] = [
  { text: 'I love this' },
  { text: 'The service was terrible, and nobody came to help us until the evening of the second day!' },
  { text: '' },
  { text: 'Where is my order?', pair: 'It was sent to the old address three weeks ago.' },
  { text: 'good' },
  { text: 'what a [MASK] <mask> day <pad> for all of us', pair: 'it <pad> was' },
];

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-parity-'));
const packages = join(folder, 'packages');
const engine = new Engine({ packages });
afterAll(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

const CLASSIFIED = ['sequence-classification', 'token-classification'];
/** Every head, and every family with some of them; PILOTLIGHT_TESTS=long takes every head of every family. */
const CASES: readonly { readonly name: string; readonly options: CheckpointOptions }[] = [
  ...FAMILIES.flatMap((family, place) =>
    HEADS.map((head, seed) => {
      const labels = CLASSIFIED.includes(head) ? ['negative', 'neutral', 'positive'] : [];
      return { name: `${family}-${head}`, options: { family, head, shape: SHAPES.tiny, labels, seed } };
    }).filter((_, seed) => LONG || (place + seed) % 5 === 0),
  ),
  ...FAMILIES.slice(0, cases({ short: 1, long: FAMILIES.length })).map((family) => {
    const head = 'sequence-classification' as const;
    const options = { family, head, shape: SHAPES.tiny, labels: ['score'], seed: 7 };
    return { name: `${family}-cross-encoder`, options };
  }),
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
  {
    name: 'roberta-untied',
    options: { family: 'roberta', head: 'masked-lm', shape: SHAPES.tiny, tied: false },
  },
  {
    name: 'mpnet-far',
    options: { family: 'mpnet', head: 'base', shape: { ...SHAPES.tiny, positions: 300 } },
  },
];

/** Longer than the last bucket of distances that MPNet knows begins. */
const FAR: TokenRequest = { text: 'far and wide '.repeat(30) };

describe.each(CASES)('graph of $name', ({ name, options }) => {
  const checkpoint = join(folder, name);
  let expected: (result: TokenResult) => ReferenceOutputs;
  const requests = name === 'mpnet-far' ? [FAR, ...REQUESTS] : REQUESTS;

  beforeAll(async () => {
    writeCheckpoint(options, checkpoint);
    await writeFp32Package(await readSource(checkpoint), packages);
    const forward = referenceForward(checkpoint);
    expected = ({ encoding }) => forward(encoding.ids, encoding.typeIds);
  });

  it('gives what a float64 forward pass gives, for each text by itself', async () => {
    const predictor = await engine.predictor(name);
    for (const request of requests) {
      const [result] = await predictor.infer([request]);
      expectClose(result, expected);
    }
  });

  it('gives the same for texts of mixed lengths that are padded to one batch', async () => {
    const predictor = await engine.predictor(name);
    const results = await predictor.infer(requests);
    expect(results).toHaveLength(requests.length);
    for (const result of results) expectClose(result, expected);
  });
});

function expectClose(
  result: TokenResult | undefined,
  reference: (result: TokenResult) => ReferenceOutputs,
): void {
  if (!result) throw new RangeError('a request has no result');
  const expected = reference(result);
  const outputs = new Map(Object.entries(result.outputs));
  expect([...outputs.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [role, values] of Object.entries(expected)) {
    const actual = outputs.get(role)?.data;
    expect(actual).toHaveLength(values.length);
    const worst = values.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (actual?.[index] ?? Number.NaN))),
      0,
    );
    expect(worst).toBeLessThan(TOLERANCE);
  }
}
