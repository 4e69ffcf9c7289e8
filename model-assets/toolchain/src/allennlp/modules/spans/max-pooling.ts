/** max_pooling: the greatest value of each dimension over the tokens of a span, which ends where the text does. */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import type { ModuleDefinition, SpanExtractor } from '../module.ts';
import { lengths } from '../nodes/masks.ts';
import { cast, integer, max, op, unsqueeze } from '../nodes/ops.ts';
import { spanExtractor, takeTokens, widthParams } from './widths.ts';

const params = z.strictObject(widthParams);

export const maxPooling: ModuleDefinition<z.infer<typeof params>, SpanExtractor> = {
  role: 'span_extractor',
  type: 'max_pooling',
  params,
  build: (scope, parsed) =>
    spanExtractor(scope, parsed, parsed.input_dim, (x, { starts, ends }, mask) => {
      const tokens = unsqueeze(scope, cast(scope, lengths(scope, mask), 'int64'), -1);
      const last = op(scope, 'Min', [ends, op(scope, 'Sub', [tokens, integer(scope, 1)])]);
      const widest = op(scope, 'ReduceMax', [op(scope, 'Sub', [last, starts])], { keepdims: int(0) });
      const widths = op(scope, 'Add', [op(scope, 'Max', [widest, integer(scope, 0)]), integer(scope, 1)]);
      const offsets = op(scope, 'Range', [integer(scope, 0), widths, integer(scope, 1)]);
      // Beyond its end a span repeats its last token, which changes no maximum.
      const places = op(scope, 'Min', [
        op(scope, 'Add', [unsqueeze(scope, starts, -1), offsets]),
        unsqueeze(scope, op(scope, 'Max', [last, integer(scope, 0)]), -1),
      ]);
      return max(scope, takeTokens(scope, x, places), 2);
    }),
};
