/** character_encoding: the characters of every token are embedded and encoded to one vector. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../build.ts';
import type { ModuleDefinition, TokenEmbedder } from '../module.ts';
import { maskOfCharacters, maskOfIds } from '../nodes/masks.ts';
import { flattenRows, unflattenRows } from '../nodes/time-distributed.ts';

const params = z.strictObject({ embedding: nested, encoder: nested, dropout: ignored });

export const characterEncoding: ModuleDefinition<z.infer<typeof params>, TokenEmbedder> = {
  role: 'token_embedder',
  type: 'character_encoding',
  params,
  nested: { embedding: { role: 'embedding' }, encoder: { role: 'seq2vec_encoder' } },
  build(scope, parsed) {
    const embedding = buildModule('embedding', scope.at('_embedding._module'), parsed.embedding);
    const encoder = buildModule('seq2vec_encoder', scope.at('_encoder._module'), parsed.encoder);
    return {
      outputDim: encoder.outputDim,
      embed(indexer, axes) {
        const ids = scope.input(`${indexer}.token_characters`, 'int64', [...axes, `${indexer}/characters`]);
        // Each token is a row: [batch * tokens, characters].
        const rows = flattenRows(scope, ids, 1);
        const vectors = encoder.encode(embedding.lookUp(rows), maskOfIds(scope, rows));
        return {
          vectors: unflattenRows(scope, vectors, ids, 1, [encoder.outputDim]),
          maskFrom: 'characters',
          mask: () => maskOfCharacters(scope, ids),
        };
      },
    };
  },
};
