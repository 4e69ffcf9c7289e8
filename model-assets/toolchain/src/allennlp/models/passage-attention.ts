/** What models of reading comprehension have in common: attention between a passage and a question, and scores of its tokens. */
import { ints } from '../../graph/node.ts';
import type { Mask, Scope } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { fillPadding, LOWEST, maskedSoftmax } from '../modules/nodes/masks.ts';
import { concat, max, op, softmax, squeeze, unsqueeze } from '../modules/nodes/ops.ts';

/** A text in a graph: `[batch, tokens, dim]` and its mask. */
export interface Encoded {
  readonly vectors: string;
  readonly mask: Mask;
}

/** A mask of the last axis of `[batch, any, tokens]`. */
function alongRows(scope: Scope, mask: Mask): string {
  return scope.once(`${mask}/rows`, () => unsqueeze(scope, mask, 1));
}

/** The mean of `vectors` by `[batch, tokens]` weights: `[batch, 1, dim]`. */
export function weightedMean(scope: Scope, weights: string, vectors: string): string {
  return op(scope, 'MatMul', [unsqueeze(scope, weights, 1), vectors]);
}

/**
 * Attention in both directions (arXiv:1611.01603) by `similarity` `[batch, passage, question]`: the weights of the question's
 * tokens for each of the passage, and the passage's tokens beside what they attend to, `[batch, passage, 4 * dim]`.
 */
export function attendBothWays(
  scope: Scope,
  similarity: string,
  passage: Encoded,
  question: Encoded,
): { readonly attention: string; readonly merged: string } {
  const questionRows = alongRows(scope, question.mask);
  const attention = maskedSoftmax(scope, similarity, questionRows);
  const questionVectors = op(scope, 'MatMul', [attention, question.vectors]);
  const closest = max(scope, fillPadding(scope, similarity, questionRows, LOWEST), -1);
  const weights = maskedSoftmax(scope, closest, passage.mask);
  const passageVector = weightedMean(scope, weights, passage.vectors);
  return { attention, merged: mergeAttended(scope, passage.vectors, questionVectors, passageVector) };
}

/** Attention over attention, as QANet has it (arXiv:1804.09541). */
export function attendOverAttention(
  scope: Scope,
  similarity: string,
  passage: Encoded,
  question: Encoded,
): { readonly attention: string; readonly merged: string } {
  const attention = softmax(scope, fillPadding(scope, similarity, alongRows(scope, question.mask), LOWEST));
  const questionVectors = op(scope, 'MatMul', [attention, question.vectors]);
  const byPassage = fillPadding(scope, similarity, unsqueeze(scope, passage.mask, -1), LOWEST);
  // Over the passage for each token of the question: `[batch, passage, question]`, transposed in AllenNLP.
  const backwards = softmax(scope, byPassage, 1);
  const overAttention = op(scope, 'MatMul', [
    attention,
    op(scope, 'Transpose', [backwards], { perm: ints([0, 2, 1]) }),
  ]);
  const passageVectors = op(scope, 'MatMul', [overAttention, passage.vectors]);
  return { attention, merged: mergeAttended(scope, passage.vectors, questionVectors, passageVectors) };
}

function mergeAttended(scope: Scope, passage: string, fromQuestion: string, fromPassage: string): string {
  const products = [fromQuestion, fromPassage].map((vectors) => op(scope, 'Mul', [passage, vectors]));
  return concat(scope, [passage, fromQuestion, ...products], -1);
}

/** One number for each token: `[batch, tokens]` of `x` `[batch, tokens, inputs]`, by the linear layer at a place. */
export function scoreTokens(place: Scope, x: string, inputs: number): string {
  return squeeze(place, linear(place, x, inputs, 1), -1);
}

/** The lowest float32 in place of the scores of padding. */
export function maskScores(scope: Scope, scores: string, mask: Mask): string {
  return fillPadding(scope, scores, mask, LOWEST);
}
