import { describe, expect, it } from 'vitest';
import type { ArchiveModel } from '../../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import {
  widestCharacterFilter,
  withinFilters,
} from '../../../../layers/engine/src/runtimes/allennlp/limits/character-filters.ts';

const modelWith = (encoder: object) => ({
  text_field_embedder: { token_embedders: { token_characters: { type: 'character_encoding', encoder } } },
  seq2vec_encoder: { type: 'cnn', ngram_filter_sizes: [9] },
});

/** Reads a number as a text whose longest word has so many characters; words are padded to 2. */
const counting: ArchiveModel = {
  async read(input) {
    const length = Number(input);
    const tensor = { dims: [1, length], data: new BigInt64Array(length), least: [0, 2] };
    return [{ tensors: { 'tokens.token_characters.token_characters': tensor }, metadata: {} }];
  },
  infer: async () => [],
  answer: () => ({}),
};

describe('filters over characters', () => {
  it('are found in both encoders that have them, and those over words are none', () => {
    expect(widestCharacterFilter(modelWith({ type: 'cnn', ngram_filter_sizes: [2, 4] }))).toBe(4);
    expect(widestCharacterFilter(modelWith({ type: 'cnn' }))).toBe(5);
    expect(
      widestCharacterFilter(
        modelWith({
          type: 'cnn-highway',
          filters: [
            [1, 8],
            [3, 8],
          ],
        }),
      ),
    ).toBe(3);
    expect(widestCharacterFilter(modelWith({ type: 'lstm' }))).toBe(0);
  });

  it('refuse a text whose longest word is narrower, by name', async () => {
    const model = withinFilters(counting, modelWith({ type: 'cnn', ngram_filter_sizes: [3] }));
    await expect(model.read(3, 'inputs[0]')).resolves.toHaveLength(1);
    await expect(model.read(1, 'inputs[0]')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('inputs[0]: must have a word of at least 3 characters'),
    });
  });

  it('count the padding that the indexer asks for', async () => {
    const model = withinFilters(counting, modelWith({ type: 'cnn', ngram_filter_sizes: [2] }));
    await expect(model.read(1, 'inputs[0]')).resolves.toHaveLength(1);
  });

  it('refuse nothing of which no instance is made', async () => {
    const silent = withinFilters({ ...counting, read: async () => [] }, modelWith({ type: 'cnn' }));
    await expect(silent.read('', 'inputs[0]')).resolves.toEqual([]);
  });
});
