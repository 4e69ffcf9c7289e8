/** Clusters of mentions out of the antecedents that a coreference model predicts. */

import { torchTopK } from '../../../math/torch-topk.ts';
import { LOWEST } from './best-span.ts';

/** First and last token of a mention. */
export type Mention = readonly [start: number, end: number];

/**
 * How many spans of a document are kept: `spans_per_word` of its tokens, rounded down, and at most as many as it has. AllenNLP
 * counts the tokens of a batch with its padding; here a document is counted by itself, so that its clusters do not depend on others.
 */
export function spansToKeep(spansPerWord: number, tokens: number, candidates: number): number {
  return Math.min(Math.floor(spansPerWord * tokens), candidates);
}

/**
 * Mentions that point at one another, in the order in which they are found: a mention joins the cluster of its antecedent, or begins
 * one with it. `antecedents[i]` is the index of the antecedent of mention `i` among `mentions`, undefined where there is none.
 */
export function findClusters(
  mentions: readonly Mention[],
  antecedents: readonly (number | undefined)[],
): Mention[][] {
  const clusters: Mention[][] = [];
  const clusterOf = new Map<string, Mention[]>();
  for (const [index, mention] of mentions.entries()) {
    const antecedent = mentions[antecedents[index] ?? -1];
    if (!antecedent) continue;
    let cluster = clusterOf.get(antecedent.join());
    if (!cluster) {
      cluster = [antecedent];
      clusters.push(cluster);
      clusterOf.set(antecedent.join(), cluster);
    }
    cluster.push(mention);
    clusterOf.set(mention.join(), cluster);
  }
  return clusters;
}

/**
 * The antecedents that a coarse-to-fine model looks at for a mention with fewer earlier ones than it looks at: all of them, and
 * masked ones to fill up, which AllenNLP lists too. `scores` are those of the earlier mentions, of `mentions` in all.
 */
export function fillAntecedents(scores: readonly number[], mentions: number, looksAt: number): number[] {
  return torchTopK([...scores, ...new Array<number>(mentions - scores.length).fill(LOWEST)], looksAt);
}
