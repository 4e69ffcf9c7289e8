/** endpoint: the vectors of the first and the last token of a span, combined. */
import { z } from 'zod';
import type { ModuleDefinition, Scope, SpanExtractor } from '../module.ts';
import { combination, combine, pieceWidth } from '../nodes/combinations.ts';
import { integer, op } from '../nodes/ops.ts';
import { sentinelWhere } from './sentinels.ts';
import { spanExtractor, takeTokens, widthParams } from './widths.ts';

const params = z.strictObject({
  ...widthParams,
  combination: combination.prefault('x,y'),
  use_exclusive_start_indices: z.boolean().default(false),
});

export const endpoint: ModuleDefinition<z.infer<typeof params>, SpanExtractor> = {
  role: 'span_extractor',
  type: 'endpoint',
  params,
  build(scope, parsed) {
    const { input_dim: dim, combination: pieces, use_exclusive_start_indices: isExclusive } = parsed;
    const width = pieces.reduce((sum, piece) => sum + pieceWidth(piece, { x: dim, y: dim }), 0);
    return spanExtractor(scope, parsed, width, (x, { starts, ends }) => {
      const first = isExclusive ? before(scope, x, starts, dim) : takeTokens(scope, x, starts);
      return combine(scope, pieces, first, takeTokens(scope, x, ends));
    });
  },
};

/** The vector of the token before each span; the sentinel where there is none. */
function before(scope: Scope, x: string, starts: string, dim: number): string {
  const isFirst = op(scope, 'Equal', [starts, integer(scope, 0)]);
  const previous = op(scope, 'Max', [op(scope, 'Sub', [starts, integer(scope, 1)]), integer(scope, 0)]);
  return sentinelWhere(scope, isFirst, takeTokens(scope, x, previous), '_start_sentinel', dim);
}
