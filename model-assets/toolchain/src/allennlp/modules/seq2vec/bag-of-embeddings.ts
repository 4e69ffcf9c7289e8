/** bag_of_embeddings: the sum of the vectors of the tokens, or their mean. */
import { z } from 'zod';
import { count } from '../build.ts';
import type { ModuleDefinition, Seq2VecEncoder } from '../module.ts';
import { column, zeroPadding } from '../nodes/masks.ts';
import { op, scalar, sum } from '../nodes/ops.ts';

const params = z.strictObject({ embedding_dim: count, averaged: z.boolean().default(false) });

function bag(type: string): ModuleDefinition<z.infer<typeof params>, Seq2VecEncoder> {
  return {
    role: 'seq2vec_encoder',
    type,
    params,
    build: (scope, { embedding_dim: dim, averaged }) => ({
      outputDim: dim,
      encode(x, mask) {
        const summed = sum(scope, zeroPadding(scope, x, mask), 1);
        if (!averaged) return summed;
        const tokens = op(scope, 'Max', [sum(scope, column(scope, mask), 1), scalar(scope, 1)]);
        return op(scope, 'Div', [summed, tokens]);
      },
    }),
  };
}

export const bagOfEmbeddings = bag('bag_of_embeddings');
export const boe = bag('boe');
