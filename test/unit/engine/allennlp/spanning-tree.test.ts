import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderAsPythonSet } from '../../../../layers/engine/src/runtimes/allennlp/decoding/python-set.ts';
import { findSpanningTree } from '../../../../layers/engine/src/runtimes/allennlp/decoding/spanning-tree.ts';

/** The best score of a tree over all assignments of heads. The root is node 0. */
function bestTree(scores: readonly number[], nodes: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let code = 0; code < nodes ** (nodes - 1); code++) {
    const heads = [-1, ...Array.from({ length: nodes - 1 }, (_, i) => Math.floor(code / nodes ** i) % nodes)];
    if (isTree(heads)) best = Math.max(best, treeScore(scores, heads));
  }
  return best;
}

function isTree(heads: readonly number[]): boolean {
  return heads.every((_, node) => {
    let current = node;
    for (let steps = 0; current !== 0; steps++) {
      if (steps > heads.length) return false;
      current = heads[current] ?? 0;
    }
    return true;
  });
}

const treeScore = (scores: readonly number[], heads: readonly number[]) =>
  heads.reduce((sum, head, child) => (child === 0 ? 0 : sum + (scores[head * heads.length + child] ?? 0)), 0);

/** Scores by the generator of C's rand(), in `levels` steps, so that many are equal; those of the root are 0. */
function scoresFrom(seed: number, nodes: number, levels: number): Float32Array {
  let state = BigInt(seed);
  const scores = Float32Array.from({ length: nodes * nodes }, () => {
    state = (state * 1103515245n + 12345n) % 2147483648n;
    const value = Number(state) / 2147483648;
    return levels === 0 ? value : Math.floor(value * levels) / levels;
  });
  return scores.fill(0, 0, nodes);
}

describe('findSpanningTree', () => {
  it('finds the tree with the greatest sum of scores', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 5 })
          .chain((nodes) =>
            fc.array(fc.integer({ min: 0, max: 64 }), { minLength: nodes * nodes, maxLength: nodes * nodes }),
          ),
        (scores) => {
          const nodes = Math.sqrt(scores.length);
          const heads = [...findSpanningTree(new Float32Array(scores), nodes)];
          expect(isTree(heads)).toBe(true);
          expect(treeScore(scores, heads)).toBe(bestTree(scores, nodes));
        },
      ),
      { numRuns: 150 },
    );
  });

  /** Heads by AllenNLP's `decode_mst` of the same scores. */
  it.each([
    [1001, 10, 4, [-1, 6, 1, 7, 1, 0, 5, 1, 4, 4]],
    [1009, 6, 0, [-1, 3, 3, 0, 2, 1]],
    [1010, 13, 4, [-1, 9, 1, 2, 2, 2, 3, 6, 3, 0, 6, 6, 2]],
    [1011, 20, 16, [-1, 6, 3, 12, 2, 1, 11, 4, 6, 15, 6, 12, 19, 0, 13, 6, 13, 3, 1, 16]],
    [1040, 13, 4, [-1, 9, 7, 1, 7, 3, 7, 1, 0, 8, 5, 3, 3]],
    [1041, 20, 16, [-1, 13, 14, 12, 18, 18, 7, 19, 0, 10, 3, 15, 6, 6, 17, 6, 9, 8, 9, 2]],
  ])('chooses among equal trees as AllenNLP does (seed %i)', (seed, nodes, levels, heads) => {
    expect([...findSpanningTree(scoresFrom(seed, nodes, levels), nodes)]).toEqual(heads);
  });

  it('takes time that a long sentence can wait for, also where it repeats itself and few words attract all others', () => {
    const nodes = 1000;
    const scores = Float32Array.from({ length: nodes * nodes }, (_, edge) => {
      const [head, child] = [Math.floor(edge / nodes), edge % nodes];
      return 1 / (1 + Math.abs((head % 16) - (child % 16))) + (head % 16 === 3 ? 1 : 0);
    });
    const start = performance.now();
    expect(isTree([...findSpanningTree(scores, nodes)])).toBe(true);
    expect(performance.now() - start).toBeLessThan(4_000);
  });
});

describe('orderAsPythonSet', () => {
  it.each([
    [
      [3, 1, 2],
      [1, 2, 3],
    ],
    [
      [9, 1],
      [9, 1],
    ],
    [
      [8, 16, 3],
      [8, 16, 3],
    ],
    [
      [40, 7, 33, 21, 12],
      [33, 7, 40, 12, 21],
    ],
  ])('orders %j as CPython does', (integers, order) => {
    expect(orderAsPythonSet(integers)).toEqual(order);
  });
});
