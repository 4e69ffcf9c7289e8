import { describe, expect, it } from 'vitest';
import { biaffineParser } from '../../../../layers/engine/src/runtimes/allennlp/models/biaffine-parser.ts';
import { constituencyParser } from '../../../../layers/engine/src/runtimes/allennlp/models/constituency-parser.ts';
import { srl } from '../../../../layers/engine/src/runtimes/allennlp/models/srl.ts';
import { answerOf, fixedGraphs, openTiny } from '../../../fixtures/allennlp-tiny.ts';

const TOKENS = [
  { text: 'dogs', pos: 'NOUN', tag: 'NNS' },
  { text: 'see', pos: 'VERB', tag: 'VBP' },
  { text: '😀s', pos: 'NOUN', tag: 'NNS' },
];

describe('biaffine_parser', () => {
  const archive = {
    predictor: 'biaffine_dependency_parser',
    model: { use_mst_decoding_for_validation: false },
    reader: { type: 'universal_dependencies' },
    vocabulary: { head_tags: ['root', 'nsubj', 'obj'], pos: ['@@UNKNOWN@@', 'NOUN', 'VERB'] },
  };
  /** Scores of `[heads, children]` where each word has one head. */
  const graphsOf = (heads: readonly number[]) => {
    const at = (head: number, child: number) => (heads[child - 1] === head ? 1 : 0);
    const cells = Array.from({ length: 16 }, (_, i) => at(Math.floor(i / 4), i % 4));
    return fixedGraphs({
      arc_scores: [[1, 4, 4], cells],
      arc_tags: [[1, 4, 4], Array.from({ length: 16 }, (_, i) => [0, 1, 0, 2][i % 4] ?? 0)],
    });
  };

  it('answers heads, labels and the tree, whose spans count code points', async () => {
    const answer = await answerOf(openTiny(biaffineParser, archive), { tokens: TOKENS }, graphsOf([2, 0, 2]));
    expect(answer).toMatchObject({
      words: ['dogs', 'see', '😀s'],
      pos: ['NOUN', 'VERB', 'NOUN'],
      predicted_heads: [2, 0, 2],
      predicted_dependencies: ['nsubj', 'root', 'obj'],
      hierplane_tree: {
        text: 'dogs see 😀s',
        root: {
          word: 'see',
          children: [{ word: 'dogs' }, { word: '😀s', spans: [{ start: 9, end: 12 }], attributes: ['NOUN'] }],
        },
      },
    });
  });

  it('refuses a sentence in which no word is the root', async () => {
    const model = openTiny(biaffineParser, archive);
    await expect(answerOf(model, { tokens: TOKENS }, graphsOf([2, 1, 2]))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('refuses words without the part of speech that the reader reads', async () => {
    const specific = { ...archive, reader: { ...archive.reader, use_language_specific_pos: true } };
    const tokens = [{ text: 'dogs', pos: 'NOUN' }];
    await expect(openTiny(biaffineParser, specific).read({ tokens }, 'inputs')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { feature: 'tag' },
    });
    await expect(
      openTiny(biaffineParser, archive).read({ sentence: 'dogs' }, 'inputs'),
    ).rejects.toMatchObject({
      details: { feature: 'pos' },
    });
  });
});

describe('constituency_parser', () => {
  const archive = {
    predictor: 'constituency_parser',
    reader: { type: 'ptb_trees', use_pos_tags: true, convert_parentheses: true },
    vocabulary: { labels: ['NO-LABEL', 'S'], pos: ['@@UNKNOWN@@', 'NNS'] },
  };

  it('answers the tree of a sentence, in brackets and for Hierplane', async () => {
    const tokens = [
      { text: 'dogs', tag: 'NNS' },
      { text: '-LRB-', tag: '(' },
    ];
    const graphs = fixedGraphs({
      class_probabilities: [
        [1, 3, 2],
        [0.75, 0.25, 0.25, 0.75, 1, 0],
      ],
    });
    expect(await answerOf(openTiny(constituencyParser, archive), { tokens }, graphs)).toMatchObject({
      tokens: ['dogs', '('],
      pos_tags: ['NNS', '('],
      spans: [
        [0, 0],
        [0, 1],
        [1, 1],
      ],
      num_spans: 3,
      class_probabilities: [
        [0.75, 0.25],
        [0.25, 0.75],
        [1, 0],
      ],
      trees: '(S (NNS dogs) (( ())',
      hierplane_tree: {
        text: 'dogs (',
        root: { nodeType: 'S', children: [{ word: 'dogs' }, { word: '(' }] },
      },
    });
  });

  it('needs no parts of speech where its reader has none', async () => {
    const reader = { ...archive.reader, use_pos_tags: false };
    const model = openTiny(constituencyParser, { ...archive, reader });
    const [instance] = await model.read({ sentence: 'dogs' }, 'inputs');
    expect(Object.keys(instance?.tensors ?? {})).toEqual(['tokens.tokens.tokens', 'spans']);
  });

  it('refuses an archive whose labels have no NO-LABEL', () => {
    expect(() => openTiny(constituencyParser, { ...archive, vocabulary: { labels: ['S'] } })).toThrow(
      /NO-LABEL/,
    );
  });
});

describe('srl', () => {
  const archive = {
    predictor: 'semantic_role_labeling',
    reader: { type: 'srl' },
    vocabulary: { labels: ['O', 'B-V', 'B-ARG0', 'I-ARG0'] },
  };
  const graphs = fixedGraphs({
    class_probabilities: [
      [1, 3, 4],
      [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0],
    ],
    mask: [
      [1, 3],
      [1, 1, 1],
    ],
  });

  it('answers the frame of each verb', async () => {
    const model = openTiny(srl, archive);
    expect(await answerOf(model, { tokens: TOKENS }, graphs)).toEqual({
      verbs: [{ verb: 'see', description: '[ARG0: dogs] [V: see] 😀s', tags: ['B-ARG0', 'B-V', 'O'] }],
      words: ['dogs', 'see', '😀s'],
    });
    expect(graphs.fed[0]?.verb_indicator?.data).toEqual(new BigInt64Array([0n, 1n, 0n]));
  });

  it('does not run for a sentence without a verb', async () => {
    const ran = graphs.fed.length;
    const tokens = [{ text: 'dogs', pos: 'NOUN' }];
    expect(await answerOf(openTiny(srl, archive), { tokens }, graphs)).toEqual({
      verbs: [],
      words: ['dogs'],
    });
    expect(graphs.fed).toHaveLength(ran);
  });
});
