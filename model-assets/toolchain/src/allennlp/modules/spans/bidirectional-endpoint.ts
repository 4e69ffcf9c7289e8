/**
 * bidirectional_endpoint: for the forward half of the vectors, the last token of a span and the one before it; for the backward half,
 * the first token and the one after it.
 */
import { z } from 'zod';
import type { Mask, ModuleDefinition, Scope, SpanExtractor } from '../module.ts';
import { combination, combine, pieceWidth } from '../nodes/combinations.ts';
import { lengths } from '../nodes/masks.ts';
import { cast, concat, integer, op, slice, unsqueeze } from '../nodes/ops.ts';
import { sentinelWhere } from './sentinels.ts';
import { type Ends, spanExtractor, takeTokens, widthParams } from './widths.ts';

const params = z
  .strictObject({
    ...widthParams,
    forward_combination: combination.prefault('y-x'),
    backward_combination: combination.prefault('x-y'),
    use_sentinels: z.boolean().default(true),
  })
  .refine(({ input_dim: dim }) => dim % 2 === 0, 'input_dim must be even');

export const bidirectionalEndpoint: ModuleDefinition<z.infer<typeof params>, SpanExtractor> = {
  role: 'span_extractor',
  type: 'bidirectional_endpoint',
  params,
  build(scope, parsed) {
    const half = parsed.input_dim / 2;
    const {
      forward_combination: forward,
      backward_combination: backward,
      use_sentinels: hasSentinels,
    } = parsed;
    const width = [...forward, ...backward].reduce(
      (sum, piece) => sum + pieceWidth(piece, { x: half, y: half }),
      0,
    );
    return spanExtractor(scope, parsed, width, (x, ends, mask) => {
      const places = { ...ends, ...outside(scope, ends, mask) };
      const sentinel = (isOutside: string, vectors: string, name: string) =>
        hasSentinels ? sentinelWhere(scope, isOutside, vectors, name, half) : vectors;
      const forwards = slice(scope, x, 2, 0, half);
      const backwards = slice(scope, x, 2, half);
      return concat(
        scope,
        [
          combine(
            scope,
            forward,
            sentinel(places.isFirst, takeTokens(scope, forwards, places.previous), '_start_sentinel'),
            takeTokens(scope, forwards, ends.ends),
          ),
          combine(
            scope,
            backward,
            sentinel(places.isLast, takeTokens(scope, backwards, places.next), '_end_sentinel'),
            takeTokens(scope, backwards, ends.starts),
          ),
        ],
        -1,
      );
    });
  },
};

interface Neighbours {
  readonly previous: string;
  readonly next: string;
  /** Whether there is no token before the span, or after it. */
  readonly isFirst: string;
  readonly isLast: string;
}

/** The tokens before and after each span; the first token of the text where there is none. */
function outside(scope: Scope, { starts, ends }: Ends, mask: Mask): Neighbours {
  const zero = integer(scope, 0);
  const after = op(scope, 'Add', [ends, integer(scope, 1)]);
  const tokens = unsqueeze(scope, cast(scope, lengths(scope, mask), 'int64'), -1);
  const isLast = op(scope, 'GreaterOrEqual', [after, tokens]);
  return {
    previous: op(scope, 'Max', [op(scope, 'Sub', [starts, integer(scope, 1)]), zero]),
    next: op(scope, 'Where', [isLast, zero, after]),
    isFirst: op(scope, 'Equal', [starts, zero]),
    isLast,
  };
}
