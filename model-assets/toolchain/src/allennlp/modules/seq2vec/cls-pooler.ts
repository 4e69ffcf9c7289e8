/** cls_pooler: the vector of the first token, or that of the last one. */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import { count } from '../build.ts';
import type { ModuleDefinition, Seq2VecEncoder } from '../module.ts';
import { lastTokens } from '../nodes/masks.ts';
import { integer, op } from '../nodes/ops.ts';

const params = z.strictObject({ embedding_dim: count, cls_is_last_token: z.boolean().default(false) });

export const clsPooler: ModuleDefinition<z.infer<typeof params>, Seq2VecEncoder> = {
  role: 'seq2vec_encoder',
  type: 'cls_pooler',
  params,
  build: (scope, { embedding_dim: dim, cls_is_last_token: isLast }) => ({
    outputDim: dim,
    encode: (x, mask) =>
      isLast ? lastTokens(scope, x, mask) : op(scope, 'Gather', [x, integer(scope, 0)], { axis: int(1) }),
  }),
};
