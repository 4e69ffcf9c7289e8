import { describe, expect, it } from 'vitest';
import type { TaskShape } from '../../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { crfTagger } from '../../../../layers/engine/src/runtimes/allennlp/models/crf-tagger.ts';
import { simpleTagger } from '../../../../layers/engine/src/runtimes/allennlp/models/simple-tagger.ts';
import { answerOf, fixedGraphs, openTiny } from '../../../fixtures/allennlp-tiny.ts';

const LABELS = ['O', 'B-PER', 'I-PER'];
const TAGGER = {
  predictor: 'sentence_tagger',
  model: { encoder: { type: 'lstm' } },
  reader: { type: 'conll2003', coding_scheme: 'BIO' },
  vocabulary: { labels: LABELS },
};
/** No transition costs anything, but for the one from O to I-PER. */
const TRANSITIONS = Array.from({ length: 25 }, (_, i) => (i === 2 ? -10000 : 0));
const crfGraphs = (logits: readonly number[][]) =>
  fixedGraphs({
    logits: [[1, logits.length, 3], logits.flat()],
    mask: [[1, logits.length], logits.map(() => 1)],
    transitions: [[5, 5], TRANSITIONS],
  });

describe('crf_tagger', () => {
  it('answers the best well-formed sequence, with what the predictor says beside it', async () => {
    const model = openTiny(crfTagger, TAGGER);
    const logits = [
      [2, 1, 0],
      [0, 0.5, 3],
    ];
    expect(await answerOf(model, { sentence: 'dogs  see' }, crfGraphs(logits))).toEqual({
      logits,
      mask: [true, true],
      tags: ['B-PER', 'I-PER'],
      words: ['dogs', 'see'],
    });
  });

  it('answers the next best sequences and their scores where the archive asks for them', async () => {
    const model = openTiny(crfTagger, { ...TAGGER, model: { ...TAGGER.model, top_k: 2 } });
    const { top_k_tags } = await answerOf(model, { tokens: ['dogs'] }, crfGraphs([[1, 3, 2]]));
    expect(top_k_tags).toEqual([
      { tags: ['B-PER'], score: 3 },
      { tags: ['I-PER'], score: 2 },
    ]);
  });

  it('refuses a sentence without words by the name of the field', async () => {
    const model = openTiny(crfTagger, TAGGER);
    await expect(model.read({ sentence: ' ' }, 'inputs[1]')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs[1].sentence' },
    });
    await expect(model.read({ tokens: [] }, 'inputs')).rejects.toMatchObject({
      details: { field: 'inputs.tokens' },
    });
  });

  it('answers a sentence without words behind an encoder that takes it', async () => {
    const passing = { ...TAGGER, model: { ...TAGGER.model, encoder: { type: 'pass_through' } } };
    const answer = await answerOf(openTiny(crfTagger, passing), { sentence: '' }, crfGraphs([]));
    expect(answer).toEqual({ logits: [], mask: [], tags: [], words: [] });
    const several = { ...passing, model: { ...passing.model, top_k: 2 } };
    await expect(openTiny(crfTagger, several).read({ sentence: '' }, 'inputs')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('refuses a reader whose features no predictor gives, and another predictor, by name', () => {
    const features = { ...TAGGER.reader, feature_labels: ['pos'] };
    expect(() => openTiny(crfTagger, { ...TAGGER, reader: features })).toThrow(/feature_labels/);
    expect(() => openTiny(crfTagger, { ...TAGGER, reader: { type: 'snli' } })).toThrow(/snli/);
    expect(() => openTiny(crfTagger, { ...TAGGER, predictor: 'wikitables' })).toThrow(/wikitables/);
  });
});

describe('simple_tagger', () => {
  const graphs = fixedGraphs({
    logits: [
      [1, 2, 3],
      [0, 0, 1, 2, 0, 0],
    ],
    class_probabilities: [
      [1, 2, 3],
      [0.25, 0.25, 0.5, 0.5, 0.25, 0.25],
    ],
  });

  it('answers the most probable tag of each word', async () => {
    const { tags } = await answerOf(openTiny(simpleTagger, TAGGER), { sentence: 'dogs see' }, graphs);
    expect(tags).toEqual(['I-PER', 'O']);
  });

  it('answers a sentence without words where AllenNLP does, and refuses it elsewhere', async () => {
    const passing = { ...TAGGER, model: { encoder: { type: 'pass_through' } } };
    expect(await answerOf(openTiny(simpleTagger, passing), { sentence: '' }, graphs)).toEqual({
      logits: [],
      class_probabilities: [],
      words: [],
      tags: [],
    });
    expect(graphs.fed).toHaveLength(1);
    await expect(openTiny(simpleTagger, TAGGER).read({ sentence: '' }, 'inputs')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

describe('token-classification of taggers', () => {
  const text = 'a😀 Ada King, x';
  const answer = {
    words: ['a😀', 'Ada', 'King', ',', 'x'],
    tags: ['O', 'B-PER', 'I-PER', 'O', 'O'],
    class_probabilities: [
      [1, 0, 0],
      [0.2, 0.8, 0],
      [0.4, 0, 0.6],
      [1, 0, 0],
      [1, 0, 0],
    ],
  };
  const [shape] = (openTiny(simpleTagger, TAGGER).tasks ?? []) as [TaskShape];

  it('joins the words of a span, and says where it stands in UTF-16 units or code points', () => {
    expect(shape.toPredictor(text, 'inputs')).toEqual({ sentence: text });
    expect(shape.fromAnswer(answer, text, {})).toEqual([
      { entity_group: 'PER', score: 0.7, word: 'Ada King', start: 4, end: 12 },
    ]);
    expect(shape.fromAnswer(answer, text, { offset_unit: 'codepoint' })).toMatchObject([
      { start: 3, end: 11 },
    ]);
  });

  it('gives each word by itself, and labels that are asked for', () => {
    const words = shape.fromAnswer(answer, text, {
      aggregation_strategy: 'none',
      ignore_labels: ['B-PER', 'O'],
    });
    expect(words).toEqual([
      { entity: 'I-PER', score: 0.6, index: 2, token: 'King', word: 'King', start: 8, end: 12 },
    ]);
  });

  it('refuses what is no text, and a parameter that it cannot read', () => {
    expect(() => shape.toPredictor(3, 'inputs')).toThrow('inputs: must be a text');
    expect(() => shape.fromAnswer(answer, text, { offset_unit: 'byte' })).toThrow(/offset_unit/);
  });
});
