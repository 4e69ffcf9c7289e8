/** Rotary frequencies against those of transformers: rope.py beside this file computed them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RopeConfig, readRope } from '@pilotlight/toolchain/internal/generation/graph/step/rope-config';
import { rotaryFrequencies } from '@pilotlight/toolchain/internal/generation/graph/step/rope-frequencies';
import { expect, test } from 'vitest';

interface Reference {
  readonly name: string;
  readonly config: Partial<RopeConfig>;
  readonly frequencies: readonly number[];
  readonly attention: number;
}
const REFERENCES = readFileSync(join(import.meta.dirname, 'rope.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Reference);
/** Channels of a head in rope.py. */
const CHANNELS = 16;

test.each(REFERENCES)('frequencies of $name are those of transformers', (reference) => {
  const rope = readRope({ max_position_embeddings: 128, ...reference.config });
  const { values, attention } = rotaryFrequencies(rope, CHANNELS);
  expect(values.length).toBe(reference.frequencies.length);
  for (const [index, expected] of reference.frequencies.entries()) {
    expect((values[index] ?? 0) / expected).toBeCloseTo(1, 6);
  }
  expect(attention).toBeCloseTo(reference.attention, 9);
});

test('frequencies that would change with the length of a sequence have a limit', () => {
  const of = (config: Partial<RopeConfig>) => readRope({ max_position_embeddings: 512, ...config }).limit;
  expect(of({ rope_scaling: { type: 'dynamic', factor: 2 } })).toBe(512);
  const factors = Array<number>(8).fill(1);
  const long = { type: 'longrope', short_factor: factors, long_factor: factors };
  expect(of({ rope_scaling: long, original_max_position_embeddings: 64 })).toBe(64);
  expect(of({ rope_scaling: { type: 'linear', factor: 2 } })).toBeUndefined();
});
