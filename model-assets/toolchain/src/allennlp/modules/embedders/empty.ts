/** empty: the ids of the indexer are in the tensors, for the mask and for the answer, but nothing is embedded. */
import { z } from 'zod';
import type { ModuleDefinition, TokenEmbedder } from '../module.ts';
import { maskOfIds } from '../nodes/masks.ts';

const params = z.strictObject({});

export const empty: ModuleDefinition<z.infer<typeof params>, TokenEmbedder> = {
  role: 'token_embedder',
  type: 'empty',
  params,
  build: (scope) => ({
    outputDim: 0,
    embed: (indexer, axes) => ({
      maskFrom: 'ids',
      mask: () => maskOfIds(scope, scope.input(`${indexer}.tokens`, 'int64', axes)),
    }),
  }),
};
