import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fillAntecedents,
  findClusters,
  type Mention,
  spansToKeep,
} from '../../../../layers/engine/src/runtimes/allennlp/decoding/coref-clusters.ts';

describe('clusters of mentions', () => {
  it('hold mentions that point at one another, in the order in which they join', () => {
    const mentions: Mention[] = [
      [0, 0],
      [2, 4],
      [8, 8],
      [10, 11],
      [14, 14],
    ];
    expect(findClusters(mentions, [undefined, undefined, 0, 1, 2])).toEqual([
      [
        [0, 0],
        [8, 8],
        [14, 14],
      ],
      [
        [2, 4],
        [10, 11],
      ],
    ]);
  });

  it('are none where no mention has an antecedent', () => {
    expect(findClusters([[0, 0]], [undefined])).toEqual([]);
  });

  it('are the connected parts of the graph of antecedents', () => {
    const share = fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(fc.array(share, { maxLength: 12 }), (shares) => {
        const mentions = shares.map((_, index): Mention => [index, index]);
        const antecedents = shares.map((at, index) =>
          at === undefined || index === 0 ? undefined : Math.floor(at * index),
        );
        const root = (index: number): number => {
          const antecedent = antecedents[index];
          return antecedent === undefined ? index : root(antecedent);
        };
        const parts = [...Map.groupBy(mentions, ([start]) => root(start)).values()];
        const expected = parts.filter((part) => part.length > 1);
        expect(sortByFirst(findClusters(mentions, antecedents))).toEqual(sortByFirst(expected));
      }),
    );
  });
});

const sortByFirst = (clusters: readonly (readonly Mention[])[]) =>
  [...clusters].sort((a, b) => (a[0]?.[0] ?? 0) - (b[0]?.[0] ?? 0));

describe('the spans that are kept', () => {
  it('are a share of the tokens, rounded down, and no more than there are', () => {
    expect(spansToKeep(0.4, 13, 48)).toBe(5);
    expect(spansToKeep(0.4, 2, 3)).toBe(0);
    expect(spansToKeep(0.6, 5, 2)).toBe(2);
  });
});

describe('antecedents that are looked at', () => {
  it('are filled up with the masked ones that torch picks', () => {
    // Out of torch 1.12: the first rows of antecedents of documents with 18, 9 and 23 mentions.
    expect(fillAntecedents([], 18, 10)).toEqual([2, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
    expect(fillAntecedents([], 9, 6)).toEqual([2, 4, 5, 6, 7, 8]);
    expect(fillAntecedents([-3], 23, 6)).toEqual([0, 13, 14, 15, 16, 17]);
  });
});
