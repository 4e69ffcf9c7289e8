/** The heads of words by the scores of arcs `[nodes, nodes]`, from head to child; node 0 is the root, and words begin at node 1. */
import { at } from '../../../math/activations.ts';
import { findSpanningTree } from './spanning-tree.ts';

/** The heads of the tree with the best score. `padded` is the width of a row of `scores`. */
export function findSpanningHeads(scores: Float32Array, padded: number, words: number): number[] {
  const nodes = words + 1;
  const own = new Float32Array(nodes * nodes);
  // AllenNLP makes the scores of the first row 0, so that the root is the head of a word only where nothing else is left.
  for (let head = 1; head < nodes; head++) {
    own.set(scores.subarray(head * padded, head * padded + nodes), head * nodes);
  }
  return Array.from(findSpanningTree(own, nodes).subarray(1));
}

/** The best head of each word by itself, which need not make a tree. No word is its own head. */
export function findBestHeads(scores: Float32Array, padded: number, words: number): number[] {
  return Array.from({ length: words }, (_, word) => {
    const child = word + 1;
    let best = 0;
    for (let head = 1; head <= words; head++) {
      if (head === child) continue;
      if (at(scores, head * padded + child) > at(scores, best * padded + child)) best = head;
    }
    return best;
  });
}
