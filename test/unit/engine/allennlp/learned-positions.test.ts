import { describe, expect, it } from 'vitest';
import type { ArchiveModel } from '../../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import {
  learnedPositions,
  withinPositions,
} from '../../../../layers/engine/src/runtimes/allennlp/limits/learned-positions.ts';

const LEARNED = {
  type: 'pytorch_transformer',
  positional_encoding: 'embedding',
  positional_embedding_size: 3,
};
const MODEL = { type: 'simple_tagger', encoder: { type: 'compose', encoders: [LEARNED] } };

/** Reads a number as a text of so many words, each of them two pieces. */
const counting: ArchiveModel = {
  async read(input) {
    const words = Number(input);
    const ids = (length: number) => ({ dims: [length], data: new BigInt64Array(length) });
    return [
      { tensors: { 'tokens.bert.token_ids': ids(2 * words), 'tokens.bert.mask': ids(words) }, metadata: {} },
    ];
  },
  infer: async () => [],
  answer: () => ({}),
};

describe('learned positions', () => {
  it('are found wherever the encoder is, and are 512 where none are named', () => {
    expect(learnedPositions(MODEL)).toBe(3);
    expect(learnedPositions({ encoder: { positional_encoding: 'embedding' } })).toBe(512);
  });

  it('are the widths of spans too, where those have no buckets', () => {
    const extractor = { type: 'endpoint', num_width_embeddings: 7, span_width_embedding_dim: 2 };
    expect(learnedPositions({ span_extractor: extractor })).toBe(7);
    expect(learnedPositions({ span_extractor: { ...extractor, bucket_widths: true } })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('are none where positions are computed', () => {
    expect(learnedPositions({ encoder: { ...LEARNED, positional_encoding: 'sinusoidal' } })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('let texts of so many tokens through, and refuse longer ones by name', async () => {
    const model = withinPositions(counting, MODEL);
    await expect(model.read(3, 'inputs[0]')).resolves.toHaveLength(1);
    await expect(model.read(4, 'inputs[0]')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('inputs[0]: must have at most 3 tokens'),
    });
  });

  it('change nothing in a model without them', () => {
    expect(withinPositions(counting, { encoder: { type: 'lstm' } })).toBe(counting);
  });
});
