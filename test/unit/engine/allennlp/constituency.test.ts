import { describe, expect, it } from 'vitest';
import { buildTree } from '../../../../layers/engine/src/allennlp/decoding/constituency.ts';
import { formatTree, leaves } from '../../../../layers/engine/src/allennlp/decoding/tree.ts';

const LABELS = { names: ['NO-LABEL', 'S', 'NP', 'S-VP'], none: 0 };
const WORDS = ['dogs', 'see', 'cats'];

/** A distribution over the labels with most on one. */
const mostly = (label: number, probability = 0.7) =>
  LABELS.names.map((_, i) => (i === label ? probability : (1 - probability) / 3));

function parse(rows: readonly (readonly [number, number, readonly number[]])[], posTags?: readonly string[]) {
  return buildTree(
    rows.map(([start, end]) => [start, end] as const),
    new Float32Array(rows.flatMap(([, , row]) => [...row])),
    LABELS,
    WORDS,
    posTags,
  );
}

describe('buildTree', () => {
  it('nests the spans that have a label, each with its parts of speech', () => {
    const tree = parse(
      [
        [0, 0, mostly(2)],
        [0, 1, mostly(0)],
        [0, 2, mostly(1)],
        [1, 1, mostly(0)],
        [1, 2, mostly(3)],
        [2, 2, mostly(2)],
      ],
      ['NNS', 'VBP', 'NNS'],
    );
    expect(formatTree(tree)).toBe('(S (NP (NNS dogs)) (S (VP (VBP see) (NP (NNS cats)))))');
    expect(leaves(tree)).toEqual(WORDS);
  });

  it('puts a label in the place of a part of speech that there is not, and XX where there is no label', () => {
    const tree = parse([
      [0, 0, mostly(2)],
      [0, 2, mostly(1)],
      [2, 2, mostly(3)],
    ]);
    expect(formatTree(tree)).toBe('(S (NP dogs) (XX see) (S (VP cats)))');
  });

  it('drops of two spans that overlap the one that loses less', () => {
    const rows = (first: number, second: number) =>
      [
        [0, 1, mostly(2, first)],
        [0, 2, mostly(1)],
        [1, 2, mostly(3, second)],
      ] as const;
    expect(formatTree(parse(rows(0.9, 0.6)))).toBe('(S (NP (XX dogs) (XX see)) (XX cats))');
    expect(formatTree(parse(rows(0.6, 0.9)))).toBe('(S (XX dogs) (S (VP (XX see) (XX cats))))');
  });

  it('keeps the whole sentence though it has no label', () => {
    expect(formatTree(parse([[0, 2, mostly(0)]]))).toBe('(NO (LABEL (XX dogs) (XX see) (XX cats)))');
  });
});
