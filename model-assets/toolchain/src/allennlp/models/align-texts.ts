/** Soft alignment of two texts: every token of one beside a weighted sum of those of the other. */
import { ints } from '../../graph/node.ts';
import type { Mask, Scope } from '../modules/module.ts';
import { maskedSoftmax } from '../modules/nodes/masks.ts';
import { op, unsqueeze } from '../modules/nodes/ops.ts';

interface Text {
  /** `[batch, tokens, dim]` */
  readonly vectors: string;
  readonly mask: Mask;
}

/** `similarity` is `[batch, premise, hypothesis]`. */
export function alignTexts(scope: Scope, similarity: string, premise: Text, hypothesis: Text) {
  const p2hAttention = maskedSoftmax(scope, similarity, unsqueeze(scope, hypothesis.mask, 1));
  const transposed = op(scope, 'Transpose', [similarity], { perm: ints([0, 2, 1]) });
  const h2pAttention = maskedSoftmax(scope, transposed, unsqueeze(scope, premise.mask, 1));
  return {
    /** `[batch, premise, hypothesis]` */
    p2hAttention,
    /** `[batch, hypothesis, premise]` */
    h2pAttention,
    /** What of the hypothesis each token of the premise is aligned with: `[batch, premise, dim]`. */
    hypothesis: op(scope, 'MatMul', [p2hAttention, hypothesis.vectors]),
    /** `[batch, hypothesis, dim]` */
    premise: op(scope, 'MatMul', [h2pAttention, premise.vectors]),
  };
}
