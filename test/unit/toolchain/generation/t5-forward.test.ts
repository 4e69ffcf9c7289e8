import { buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../fixtures/random.ts';
import { sampled } from '../../../scale.ts';
import { type Sequence, StepRunner } from '../../../support/generation/run-steps.ts';
import { sourceOf, type T5Json, TINY_T5, t5Tensors } from '../../../support/generation/t5-checkpoint.ts';
import { t5Forward } from '../../../support/generation/t5-forward.ts';

const TOLERANCE = 1e-4;

/** What checkpoints differ in. */
const VARIANTS: readonly (readonly [string, Partial<T5Json>])[] = [
  ['version 1.0', {}],
  [
    'version 1.1, gated, with a head of its own',
    { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false },
  ],
  ['a gate of another activation', { feed_forward_proj: 'gated-silu' }],
  ['gelu without a gate', { feed_forward_proj: 'gelu' }],
  ['more decoder than encoder layers', { num_layers: 1, num_decoder_layers: 3 }],
  ['more encoder than decoder layers', { num_layers: 3, num_decoder_layers: 1 }],
  ['mT5 with tied embeddings, which are not scaled', { model_type: 'mt5', feed_forward_proj: 'gated-gelu' }],
  [
    'many buckets, all distances near',
    { relative_attention_num_buckets: 32, relative_attention_max_distance: 128 },
  ],
  [
    'few buckets, most distances far',
    { relative_attention_num_buckets: 4, relative_attention_max_distance: 6 },
  ],
];

describe.each(sampled(VARIANTS, { short: 5 }))('the graphs of T5: %s', (_, options) => {
  const config: T5Json = { ...TINY_T5, ...options };
  const tensors = t5Tensors(config, 5);
  const forward = t5Forward(config, tensors);
  const random = new Random(11);
  const text = (length: number) => Array.from({ length }, () => random.below(config.vocab_size));
  let runner: StepRunner;
  beforeAll(async () => {
    const name = config.model_type === 't5' ? 'T5' : 'MT5';
    const json = { ...config, architectures: [`${name}ForConditionalGeneration`] };
    runner = await StepRunner.open(buildGenerator(json, sourceOf(tensors)));
  });
  afterAll(() => runner.close());

  it('use every tensor', () => {
    expect(runner.built.unused).toEqual([]);
  });

  it.each([
    [1, 3],
    [30, 27],
  ])(
    'give the logits of a forward pass in float64 without cache, in chunks of any size',
    async (...lengths) => {
      const [source, decoder] = [text(lengths[0]), text(lengths[1])];
      const expected = forward(source, decoder);
      for (const chunk of [1, 5, decoder.length]) {
        const sequence = await runner.begin(source, 16);
        expectClose(await feed(runner, sequence, decoder, chunk), expected);
      }
    },
  );

  it('give the same for sources of other lengths in one batch', async () => {
    const inputs = [3, 17, 33].map((length) => ({ source: text(length), decoder: text(length) }));
    const given = await Promise.all(
      inputs.map(async ({ source, decoder }) => ({ sequence: await runner.begin(source, 16), ids: decoder })),
    );
    const scored = await runner.run(given, { multiple: 16 });
    for (const [index, { source, decoder }] of inputs.entries()) {
      expectClose(scored[index]?.map(({ logits }) => logits) ?? [], forward(source, decoder));
    }
  });
});

/** The logits of all tokens, `chunk` of them in each run. */
async function feed(
  runner: StepRunner,
  sequence: Sequence,
  ids: readonly number[],
  chunk: number,
): Promise<readonly Float32Array[]> {
  const logits: Float32Array[] = [];
  for (let start = 0; start < ids.length; start += chunk) {
    const [scored = []] = await runner.run([{ sequence, ids: ids.slice(start, start + chunk) }]);
    logits.push(...scored.map((each) => each.logits));
  }
  return logits;
}

function expectClose(actual: readonly Float32Array[], expected: readonly Float64Array[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [token, row] of expected.entries()) {
    const worst = row.reduce(
      (most, value, id) =>
        Math.max(most, Math.abs(value - (actual[token]?.[id] ?? 0)) / (1 + Math.abs(value))),
      0,
    );
    expect(worst).toBeLessThan(TOLERANCE);
  }
}
