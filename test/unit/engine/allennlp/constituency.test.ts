import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTree } from '../../../../layers/engine/src/runtimes/allennlp/decoding/constituency.ts';
import { formatTree, leaves } from '../../../../layers/engine/src/runtimes/allennlp/decoding/tree.ts';

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

interface Chance {
  readonly label: number;
  readonly none: number;
}

/** AllenNLP's `resolve_overlap_conflicts_greedily`, pair by pair: the places of the spans that it keeps. */
function keptByAllPairs(spans: readonly (readonly [number, number])[], chances: readonly Chance[]): number[] {
  const kept = spans.map((_, place) => place);
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (let i = 0; i < kept.length; i++) {
      for (let j = i + 1; j < kept.length; j++) {
        const [first, second] = [kept[i] ?? 0, kept[j] ?? 0];
        const [[start = 0, end = 0] = [], [inside = 0, after = 0] = []] = [spans[first], spans[second]];
        if (!(start < inside && inside <= end && end < after)) continue;
        isDone = false;
        const [a, b] = [chances[first], chances[second]];
        const isFirstWorthMore = (a?.none ?? 0) + (b?.label ?? 0) < (b?.none ?? 0) + (a?.label ?? 0);
        kept.splice(isFirstWorthMore ? j : i, 1);
        break;
      }
    }
  }
  return kept;
}

describe('a sentence of which any span may have a label', () => {
  it('keeps the spans that AllenNLP keeps, whatever overlaps what', () => {
    const chance = fc.record({ label: fc.integer({ min: 5, max: 8 }), none: fc.integer({ min: 0, max: 4 }) });
    const words = 7;
    const spans = Array.from({ length: words }, (_, start) =>
      Array.from({ length: words - start }, (_, width) => [start, start + width] as const),
    ).flat();
    const names = ['NO-LABEL', ...spans.map((_, place) => `L${place}.`)];
    fc.assert(
      fc.property(fc.array(chance, { minLength: spans.length, maxLength: spans.length }), (chances) => {
        const rows = chances.flatMap(({ label, none }, place) =>
          names.map((_, index) => (index === 0 ? none : index === place + 1 ? label : 0)),
        );
        const labels = { names, none: 0 };
        const tree = buildTree(spans, new Float32Array(rows), labels, Array(words).fill('w'), undefined);
        const found = [...formatTree(tree).matchAll(/L(\d+)\./g)].map(([, place]) => Number(place));
        expect(found.sort((a, b) => a - b)).toEqual(keptByAllPairs(spans, chances));
      }),
      { numRuns: 200 },
    );
  });

  it('takes time that a long one can wait for', () => {
    const words = 300;
    const spans = Array.from({ length: words }, (_, start) =>
      Array.from({ length: words - start }, (_, width) => [start, start + width] as const),
    ).flat();
    const rows = Float32Array.from({ length: spans.length * 4 }, (_, index) => (index * 7919) % 101);
    const start = performance.now();
    buildTree(spans, rows, LABELS, Array(words).fill('w'), undefined);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
