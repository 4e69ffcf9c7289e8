/**
 * self_attentive: the mean of the vectors of a span, weighted by a softmax of one score per token. The weights of all spans are one
 * matrix over the tokens, so that no vector is copied for the spans that hold it.
 */
import { z } from 'zod';
import type { ModuleDefinition, Scope, SpanExtractor } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { maskedSoftmax } from '../nodes/masks.ts';
import { cast, op, unsqueeze } from '../nodes/ops.ts';
import { range } from '../nodes/ranges.ts';
import { transposeRows } from '../nodes/similarity.ts';
import { type Ends, spanExtractor, widthParams } from './widths.ts';

const params = z.strictObject(widthParams);

export const selfAttentive: ModuleDefinition<z.infer<typeof params>, SpanExtractor> = {
  role: 'span_extractor',
  type: 'self_attentive',
  params,
  build(scope, parsed) {
    const { input_dim: dim } = parsed;
    return spanExtractor(scope, parsed, dim, (x, ends) => {
      const scores = transposeRows(scope, linear(scope.at('_global_attention._module'), x, dim, 1));
      const shares = maskedSoftmax(scope, scores, insideSpans(scope, x, ends));
      return op(scope, 'MatMul', [shares, x]);
    });
  },
};

/** 1 for the tokens of each span, `[batch, spans, tokens]`. */
function insideSpans(scope: Scope, x: string, { starts, ends }: Ends): string {
  const positions = range(scope, x, 1);
  const isInside = op(scope, 'And', [
    op(scope, 'GreaterOrEqual', [positions, unsqueeze(scope, starts, -1)]),
    op(scope, 'LessOrEqual', [positions, unsqueeze(scope, ends, -1)]),
  ]);
  return cast(scope, isInside, 'float32');
}
