/** Unusual configs of GPT-2 and OPT against PyTorch: variants.py beside this file computed the logits, of weights that are a formula. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import type { WeightSource } from '@pilotlight/toolchain/internal/graph/weights';
import { expect, test } from 'vitest';
import { StepRunner } from '../../support/generation/run-steps.ts';

interface Reference {
  readonly name: string;
  readonly ids: readonly number[];
  readonly config: Readonly<Record<string, unknown>>;
  /** Shapes by the names of the tensors. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly logits: readonly (readonly number[])[];
}
const REFERENCES = readFileSync(join(import.meta.dirname, 'variants.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Reference);

/** `fill` of variants.py. */
function formula(name: string, shape: readonly number[]): Float32Array {
  const seed = Buffer.from(name).reduce((sum, byte) => sum + byte, 0);
  const isNorm = /norm|ln_/.test(name) && name.endsWith('weight');
  const length = shape.reduce((product, axis) => product * axis, 1);
  return Float32Array.from({ length }, (_, index) => (isNorm ? 1 : 0) + 0.4 * Math.sin(index + seed));
}

test.each(REFERENCES)('$name has the logits of PyTorch', async ({ config, tensors, ids, logits }) => {
  const weights: WeightSource = {
    names: () => Object.keys(tensors),
    shape: (name) => tensors[name],
    read: (name) => formula(name, tensors[name] ?? []),
  };
  const built = buildGenerator(config, weights);
  expect(built.unused).toEqual([]);
  const runner = await StepRunner.open(built);
  const sequence = await runner.begin();
  const [first] = await runner.run([{ sequence, ids: ids.slice(0, 5) }]);
  const [rest] = await runner.run([{ sequence, ids: ids.slice(5) }]);
  await runner.close();
  const scored = [...(first ?? []), ...(rest ?? [])];
  expect(scored).toHaveLength(logits.length);
  for (const [token, expected] of logits.entries()) {
    for (const [id, value] of expected.entries()) {
      expect(scored[token]?.logits[id], `token ${token}, id ${id}`).toBeCloseTo(value, 4);
    }
  }
});
