import type { Graph } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { feedsFor, paddedLength, sliceResult } from '../../../layers/engine/src/batching/tensors.ts';
import { Random } from '../../fixtures/random.ts';
import { manifestOf, predictorOf, SummingSession } from './fakes.ts';

const graph: Graph = {
  file: 'model.onnx',
  inputs: [
    { name: 'ids', role: 'input_ids', type: 'int64', axes: ['batch', 'tokens'] },
    { name: 'mask', role: 'attention_mask', type: 'int64', axes: ['batch', 'tokens'] },
  ],
  outputs: [{ name: 'hidden', role: 'hidden_states', type: 'float32', axes: ['batch', 'tokens', 'hidden'] }],
};

const encodingOf = (length: number) => ({
  ids: Array.from({ length }, (_, at) => at + 1),
  typeIds: Array.from({ length }, () => 0),
  untruncatedLength: length,
});

describe('the tensors of a batch', () => {
  it.each([
    [[3, 5], {}, 5],
    [[3, 5], { multipleOf: 8 }, 8],
    [[16], { multipleOf: 8 }, 16],
    [[17, 1], { multipleOf: 8 }, 20],
    [[20], { multipleOf: 8 }, 20],
  ])(
    'of lengths %j with %j are %i tokens long, and never longer than the model takes',
    (lengths, more, tokens) => {
      const padding = { padTokenId: 9, maxTokens: 20, ...more };
      const feeds = feedsFor(graph, lengths.map(encodingOf), padding);
      expect(feeds.ids?.dims).toEqual([lengths.length, tokens]);
      const row = [...(feeds.ids?.data.subarray(0, tokens) ?? [])].map(Number);
      expect(row).toEqual(Array.from({ length: tokens }, (_, at) => (at < (lengths[0] ?? 0) ? at + 1 : 9)));
      const unmasked = [...(feeds.mask?.data ?? [])].map(Number).reduce((sum, value) => sum + value, 0);
      expect(unmasked).toBe(lengths.reduce((sum, length) => sum + length, 0));
    },
  );

  it('give each text its own tokens back, however far it was padded', () => {
    const data = Float32Array.from({ length: 2 * 8 * 3 }, (_, at) => at);
    const { outputs } = sliceResult(graph, { hidden: { dims: [2, 8, 3], data } }, 1, encodingOf(2));
    expect(outputs.hidden_states).toEqual({ dims: [2, 3], data: data.subarray(24, 30) });
  });

  it('are multiples of 8 tokens long for an fp16 variant, and of 4 for the others', async () => {
    const lengths: number[] = [];
    class Recording extends SummingSession {
      override run(feeds: Parameters<SummingSession['run']>[0]) {
        lengths.push(feeds.input_ids?.dims[1] ?? 0);
        return super.run(feeds);
      }
    }
    const { int8 } = manifestOf().variants;
    if (int8 === undefined) throw new TypeError('the fake manifest has an int8 variant');
    for (const scheme of ['fp16', 'fp32'] as const) {
      const manifest = manifestOf({ variants: { int8: { ...int8, scheme } } });
      await predictorOf({ manifest, session: new Recording() }).predict('abc');
    }
    expect(lengths).toEqual([8, 4]);
  });

  it('hold whole groups of four of every text, however long the others are, or as many tokens as the model takes', () => {
    const random = new Random(11);
    for (let trial = 0; trial < 500; trial++) {
      const maxTokens = 1 + random.below(70);
      const padding = { padTokenId: 0, multipleOf: 4, maxTokens };
      const lengths = Array.from({ length: 1 + random.below(9) }, () => 1 + random.below(maxTokens));
      const tokens = feedsFor(graph, lengths.map(encodingOf), padding).ids?.dims[1] ?? 0;
      expect(tokens).toBeLessThanOrEqual(maxTokens);
      for (const length of lengths) {
        const alone = paddedLength(encodingOf(length), padding);
        expect(alone).toBe(Math.min(4 * Math.ceil(length / 4), maxTokens));
        expect(tokens).toBeGreaterThanOrEqual(alone);
      }
    }
  });
});
