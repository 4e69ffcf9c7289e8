/** character_encoding: the characters of every token are embedded and encoded to one vector. */
import { z } from 'zod';
import { int } from '../../../graph/node.ts';
import { buildModule, ignored, nested } from '../build.ts';
import type { Mask, ModuleDefinition, Params, Scope, TokenEmbedder } from '../module.ts';
import { maskOfCharacters, maskOfIds } from '../nodes/masks.ts';
import { cast, integer, integers, op, scalar, shape } from '../nodes/ops.ts';
import { range } from '../nodes/ranges.ts';
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
        const alone = () => flattenRows(scope, maskAlone(scope, ids, indexer, axes.length), 1);
        const vectors = encoder.encode(embedding.lookUp(rows), maskOfIds(scope, rows), alone);
        return {
          vectors: unflattenRows(scope, vectors, ids, 1, [encoder.outputDim]),
          maskFrom: 'characters',
          mask: () => maskOfCharacters(scope, ids),
        };
      },
    };
  },
};

/**
 * The characters that a text alone has, those of its longest word: `[batch, ..., tokens, characters]`, 1 up to there. Longer words of
 * other texts make the axis longer.
 */
function maskAlone(scope: Scope, ids: string, indexer: string, axes: number): Mask {
  const counted = op(scope, 'Add', [range(scope, ids, -1), integer(scope, 1)]);
  const places = cast(scope, counted, 'float32');
  const used = op(scope, 'Mul', [maskOfIds(scope, ids), places]);
  const all = integers(
    scope,
    Array.from({ length: axes }, (_, index) => index + 1),
  );
  const longest = op(scope, 'ReduceMax', [used, all], { keepdims: int(1) });
  const least = scalar(scope, leastCharacters(scope.archive.reader, indexer));
  const isInside = op(scope, 'LessOrEqual', [places, op(scope, 'Max', [longest, least])]);
  return op(scope, 'Expand', [cast(scope, isInside, 'float32'), shape(scope, ids, 0)]);
}

/** `min_padding_length` of the indexer of that name; 0 where the reader has no indexers of its own, or not this one. */
function leastCharacters(reader: Params | undefined, indexer: string): number {
  const parsed = indexers.safeParse(reader?.token_indexers);
  return (parsed.success ? parsed.data[indexer.split('.').at(-1) ?? '']?.min_padding_length : undefined) ?? 0;
}

const indexers = z.record(z.string(), z.looseObject({ min_padding_length: z.number().optional() }));
