import { describe, expect, it } from 'vitest';
import type { TaskShape } from '../../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { basicClassifier } from '../../../../layers/engine/src/runtimes/allennlp/models/basic-classifier.ts';
import { decomposableAttention } from '../../../../layers/engine/src/runtimes/allennlp/models/decomposable-attention.ts';
import { esim } from '../../../../layers/engine/src/runtimes/allennlp/models/esim.ts';
import { answerOf, fixedGraphs, openTiny } from '../../../fixtures/allennlp-tiny.ts';

const CLASSIFIER = {
  predictor: 'text_classifier',
  model: { seq2vec_encoder: { type: 'lstm' } },
  reader: { type: 'text_classification_json', tokenizer: 'whitespace', max_sequence_length: 3 },
  vocabulary: { labels: ['good', 'bad'] },
};
const graphs = fixedGraphs({
  logits: [
    [1, 2],
    [1, 2],
  ],
  probs: [
    [1, 2],
    [0.25, 0.75],
  ],
});
const PAIRS = {
  predictor: 'textual_entailment',
  reader: { type: 'snli' },
  vocabulary: { labels: ['yes', 'no'] },
};

describe('basic_classifier', () => {
  it('answers the label, and the ids and tokens that the model reads', async () => {
    const answer = await answerOf(
      openTiny(basicClassifier, CLASSIFIER),
      { sentence: 'dogs eat cats too' },
      graphs,
    );
    expect(answer).toEqual({
      logits: [1, 2],
      probs: [0.25, 0.75],
      label: 'bad',
      token_ids: [2, 1, 4],
      tokens: ['dogs', '@@UNKNOWN@@', 'cats'],
    });
  });

  it('shows the padding that an indexer asks for', async () => {
    const indexers = { tokens: { type: 'single_id', token_min_padding_length: 4 } };
    const reader = { ...CLASSIFIER.reader, token_indexers: indexers };
    const { tokens } = await answerOf(
      openTiny(basicClassifier, { ...CLASSIFIER, reader }),
      { sentence: 'dogs' },
      graphs,
    );
    expect(tokens).toEqual(['dogs', ...new Array(3).fill('@@PADDING@@')]);
  });

  it('refuses a text that is shorter than a filter', async () => {
    const model = { seq2vec_encoder: { type: 'cnn', ngram_filter_sizes: [2, 3] } };
    const opened = openTiny(basicClassifier, { ...CLASSIFIER, model });
    await expect(opened.read({ sentence: 'dogs see' }, 'inputs')).rejects.toThrow(
      'inputs.sentence: must have at least 3 tokens for the filters of the model, not 2.',
    );
    await expect(opened.read({ sentence: 'dogs see cats' }, 'inputs')).resolves.toHaveLength(1);
  });

  it('refuses a text without tokens, unless the encoder sums up what there is', async () => {
    const summing = { seq2vec_encoder: { type: 'bag_of_embeddings' } };
    await expect(
      openTiny(basicClassifier, CLASSIFIER).read({ sentence: '' }, 'inputs'),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs.sentence' },
    });
    const opened = openTiny(basicClassifier, { ...CLASSIFIER, model: summing });
    await expect(opened.read({ sentence: '' }, 'inputs')).resolves.toHaveLength(1);
  });

  it.each([
    ['pass_through', true],
    ['pytorch_transformer', true],
    ['lstm', false],
  ])('takes a text without tokens behind the encoder %s: %s', async (type, takes) => {
    const encoders = [{ type: 'feedforward' }, { type }];
    const model = {
      seq2vec_encoder: { type: 'boe' },
      seq2seq_encoder: { type: 'compose', encoders },
    };
    const read = openTiny(basicClassifier, { ...CLASSIFIER, model }).read({ sentence: '' }, 'inputs');
    if (takes) await expect(read).resolves.toHaveLength(1);
    else await expect(read).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('refuses a reader of sentences in a text by the name of the parameter', () => {
    const reader = { ...CLASSIFIER.reader, segment_sentences: true };
    expect(() => openTiny(basicClassifier, { ...CLASSIFIER, reader })).toThrow(/segment_sentences/);
  });
});

describe('text-classification of classifiers', () => {
  it('gives the labels with their probabilities, best first', () => {
    const [shape] = (openTiny(basicClassifier, CLASSIFIER).tasks ?? []) as [TaskShape];
    expect(shape.toPredictor('dogs', 'inputs')).toEqual({ sentence: 'dogs' });
    expect(shape.fromAnswer({ probs: [0.25, 0.75] }, 'dogs', { top_k: 1 })).toEqual([
      { label: 'bad', score: 0.75 },
    ]);
    expect(() => shape.toPredictor({ text: 'a', text_pair: 'b' }, 'inputs')).toThrow(/reads one text/);
  });

  it('takes a premise and a hypothesis as a pair', () => {
    const [shape] = (openTiny(esim, PAIRS).tasks ?? []) as [TaskShape];
    expect(shape.toPredictor({ text: 'a', text_pair: 'b' }, 'inputs')).toEqual({
      premise: 'a',
      hypothesis: 'b',
    });
    expect(() => shape.toPredictor('a', 'inputs')).toThrow(/reads two texts/);
  });
});

describe('decomposable_attention', () => {
  it('cuts the attention of a batch to the words of each pair', async () => {
    const model = openTiny(decomposableAttention, PAIRS);
    const inputs = [
      { premise: 'dogs see cats', hypothesis: 'dogs' },
      { premise: 'dogs', hypothesis: 'cats see' },
    ];
    const instances = (await Promise.all(inputs.map((input) => model.read(input, 'inputs')))).flat();
    const outputs = await model.infer(
      instances,
      fixedGraphs({
        label_logits: [
          [2, 2],
          [0, 1, 1, 0],
        ],
        label_probs: [
          [2, 2],
          [0.25, 0.75, 0.75, 0.25],
        ],
        h2p_attention: [
          [2, 2, 3],
          [1, 2, 3, 0, 0, 0, 4, 0, 0, 5, 0, 0],
        ],
        p2h_attention: [
          [2, 3, 2],
          [1, 0, 2, 0, 3, 0, 4, 5, 0, 0, 0, 0],
        ],
      }),
    );
    expect(model.answer(inputs[0], instances.slice(0, 1), outputs.slice(0, 1))).toMatchObject({
      label: 'no',
      h2p_attention: [[1, 2, 3]],
      p2h_attention: [[1], [2], [3]],
      premise_tokens: ['dogs', 'see', 'cats'],
    });
    expect(model.answer(inputs[1], instances.slice(1), outputs.slice(1))).toMatchObject({
      label: 'yes',
      h2p_attention: [[4], [5]],
      p2h_attention: [[4, 5]],
      hypothesis_tokens: ['cats', 'see'],
    });
  });

  it('answers no words behind the reader quora_paraphrase, which splits at white space', async () => {
    const model = openTiny(decomposableAttention, { ...PAIRS, reader: { type: 'quora_paraphrase' } });
    const input = { premise: "dogs' cats", hypothesis: 'see' };
    const instances = await model.read(input, 'inputs');
    expect(instances[0]?.tensors['premise.tokens.tokens']?.dims).toEqual([2]);
    expect(model.answer(input, instances, [])).not.toHaveProperty('premise_tokens');
  });

  it('refuses a text without words that a recurrent encoder would read', async () => {
    const model = openTiny(decomposableAttention, { ...PAIRS, model: { premise_encoder: { type: 'gru' } } });
    await expect(model.read({ premise: 'dogs', hypothesis: '' }, 'inputs')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs.hypothesis' },
    });
    const characters = { type: 'character_encoding', encoder: { type: 'cnn' } };
    const text_field_embedder = { token_embedders: { tokens: characters } };
    const spelled = openTiny(decomposableAttention, { ...PAIRS, model: { text_field_embedder } });
    await expect(spelled.read({ premise: '', hypothesis: 'dogs' }, 'inputs')).rejects.toMatchObject({
      details: { field: 'inputs.premise' },
    });
    const plain = openTiny(decomposableAttention, PAIRS);
    await expect(plain.read({ premise: 'dogs', hypothesis: '' }, 'inputs')).resolves.toHaveLength(1);
  });
});

describe('esim', () => {
  it('refuses a premise or a hypothesis without words', async () => {
    const model = openTiny(esim, PAIRS);
    await expect(model.read({ premise: 'dogs', hypothesis: '' }, 'inputs')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs.hypothesis' },
    });
  });
});
