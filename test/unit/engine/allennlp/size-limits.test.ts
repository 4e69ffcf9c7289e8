import { describe, expect, it } from 'vitest';
import { quadraticWork } from '../../../../layers/engine/src/runtimes/allennlp/limits/quadratic-work.ts';
import {
  MOST_CELLS,
  refuseLarge,
  refuseMoreCharacters,
  refuseMoreTexts,
} from '../../../../layers/engine/src/runtimes/allennlp/limits/size-limits.ts';
import type { Params } from '../../../../layers/engine/src/runtimes/allennlp/text/text-archive.ts';
import { openTextArchive } from '../../../../layers/engine/src/runtimes/allennlp/text/text-archive.ts';

/** A model in an archive with 3 labels, whose hub model `tiny` has 4 heads and, in a BERT, 16 positions. */
const workOf = (model: Params, hubType = 'bert') =>
  quadraticWork(
    openTextArchive({
      config: { predictor: '', model, reader: {} },
      vocabulary: { 'labels.txt': 'a\nb\nc\n', 'head_tags.txt': 'a\nb\n' },
      hub: (name) =>
        name === 'tiny' ? (file) => (file === 'config.json' ? hub(hubType) : undefined) : undefined,
    }),
  );
const hub = (model_type: string) =>
  JSON.stringify({ model_type, num_attention_heads: 4, max_position_embeddings: 16 });
/** An instance with texts of so many tokens. */
const instance = (fields: Readonly<Record<string, readonly number[]>>) => ({
  tensors: Object.fromEntries(
    Object.entries(fields).map(([name, dims]) => [
      `${name}.tokens.tokens`,
      { dims, data: new BigInt64Array() },
    ]),
  ),
  metadata: undefined,
});
const ofTokens = (tokens: number) => instance({ tokens: [tokens] });

describe('the work that grows with the square of a text', () => {
  it('is none where words are read one after the other', () => {
    const { cellsOf, numbersOf } = workOf({ type: 'crf_tagger', encoder: { type: 'lstm' } });
    expect(cellsOf(ofTokens(1000))).toBe(0);
    expect(numbersOf(ofTokens(1000))).toBe(0);
  });

  it('is a value for each pair of tokens and each head, wherever the encoder is', () => {
    const encoder = { type: 'compose', encoders: [{ type: 'pytorch_transformer', num_attention_heads: 2 }] };
    expect(workOf({ type: 'simple_tagger', encoder }).cellsOf(ofTokens(100))).toBe(2 * 100 ** 2);
    const fixed = { encoder: { type: 'bidirectional_language_model_transformer' } };
    expect(workOf(fixed).cellsOf(ofTokens(100))).toBe(8 * 100 ** 2);
  });

  it('is bounded by the positions of a hub model, which reads long texts in segments, and by nothing in T5', () => {
    const embedder = { token_embedders: { tokens: { type: 'pretrained_transformer', model_name: 'tiny' } } };
    const model = { type: 'basic_classifier', text_field_embedder: embedder };
    expect(workOf(model).cellsOf(ofTokens(100))).toBe(4 * 100 * 16);
    expect(workOf({ type: 't5', model_name: 'tiny' }, 't5').cellsOf(ofTokens(100))).toBe(4 * 100 ** 2);
  });

  it('is a value for each word of a passage and each of the question, all of them in the answer', () => {
    const read = instance({ passage: [50], question: [7] });
    const { cellsOf, numbersOf } = workOf({ type: 'bidaf' });
    expect([cellsOf(read), numbersOf(read)]).toEqual([350, 350]);
    const dialogue = instance({ passage: [50], question: [3, 7] });
    expect(workOf({ type: 'dialog_qa' }).cellsOf(dialogue)).toBe(3 * 50 ** 2);
  });

  it('is the pairs of words of a dependency parser by its labels, and the spans of a constituency parser', () => {
    expect(workOf({ type: 'biaffine_parser' }).cellsOf(instance({ words: [9] }))).toBe(10 ** 2 * 2);
    const parser = (type: string) =>
      workOf({ type: 'constituency_parser', span_extractor: { type, input_dim: 5 } });
    expect(parser('endpoint').cellsOf(ofTokens(4))).toBe(10 * 2 * 5);
    expect(parser('max_pooling').cellsOf(ofTokens(4))).toBe(10 * 4 * 5);
    expect(parser('endpoint').numbersOf(ofTokens(4))).toBe(10 * 3);
  });

  it('is the pairs of words of a source that may be copied, and the filters at each character of a word', () => {
    expect(workOf({ type: 'copynet_seq2seq' }).cellsOf(instance({ source_tokens: [9] }))).toBe(4 * 9 ** 2);
    const encoder = { type: 'cnn', embedding_dim: 8, num_filters: 16 };
    const embedder = { token_embedders: { c: { type: 'character_encoding', embedding: {}, encoder } } };
    const characters = { dims: [3, 70], data: new BigInt64Array() };
    const { cellsOf } = workOf({ type: 'crf_tagger', text_field_embedder: embedder });
    expect(cellsOf({ tensors: { 'tokens.c.token_characters': characters } })).toBe(3 * 70 * 8 * 5);
  });

  it('is the vocabulary for each mask that is to be filled', () => {
    const masks = { dims: [7, 1], data: new BigInt64Array() };
    const { cellsOf } = workOf({ type: 'masked_language_model', target_namespace: 'labels' });
    expect(cellsOf({ tensors: { mask_positions: masks } })).toBe(7 * 3);
  });

  it('is the pairs of mentions of coreference, and the words of each span', () => {
    const model = {
      ...{ type: 'coref', spans_per_word: 0.5, max_antecedents: 10, max_span_width: 4 },
      antecedent_feedforward: { input_dim: 300 },
    };
    expect(workOf(model).cellsOf(instance({ text: [100] }))).toBe(50 * 10 * 100);
    expect(workOf(model).cellsOf(instance({ text: [1000] }))).toBe(4 * 1000 ** 2);
  });
});

describe('what one input may make a model do', () => {
  const { cellsOf } = workOf({ encoder: { num_attention_heads: 1 } });

  it('is refused before it is run, with the text, its tokens and both numbers', () => {
    expect(() => refuseLarge(ofTokens(Math.sqrt(MOST_CELLS)), { cellsOf }, 'inputs')).not.toThrow();
    expect(() => refuseLarge(ofTokens(10_000), { cellsOf }, 'inputs[2]')).toThrow(
      expect.objectContaining({
        code: 'INPUT_TOO_LONG',
        details: { field: 'inputs[2]', tokens: 10_000, cells: 1e8, maxCells: MOST_CELLS },
        message: expect.stringMatching(/^inputs\[2\]: has 10000 tokens/),
      }),
    );
  });

  it('is refused before its instances are made, where a text is read for each of its words', () => {
    expect(() => refuseMoreTexts('inputs.tokens', 1024, 1024)).not.toThrow();
    expect(() => refuseMoreTexts('inputs.tokens', 1024, 1025)).toThrow(
      expect.objectContaining({ code: 'INPUT_TOO_LONG' }),
    );
  });

  it('is refused where one word makes all others as long as itself', () => {
    const words = Array.from({ length: 1000 }, () => ({ text: 'a' }));
    expect(() => refuseMoreCharacters(words)).not.toThrow();
    expect(() => refuseMoreCharacters([...words, { text: 'a'.repeat(100_000) }])).toThrow(
      expect.objectContaining({ code: 'INPUT_TOO_LONG' }),
    );
  });
});
