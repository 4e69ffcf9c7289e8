/** A table of vectors, one row for each token of a namespace, and a projection where there is one. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { int } from '../../../graph/node.ts';
import { count, ignored } from '../build.ts';
import type { Embedding, ModuleDefinition, Scope, TokenEmbedder } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { maskOfIds } from '../nodes/masks.ts';
import { constant, op } from '../nodes/ops.ts';

const params = z.strictObject({
  embedding_dim: count,
  num_embeddings: count.nullish(),
  projection_dim: count.nullish(),
  vocab_namespace: z.string().nullish(),
  // The row of padding is in the tensor as it was trained; vectors of a file, and the rest, matter only in training.
  padding_index: ignored,
  pretrained_file: ignored,
  trainable: ignored,
  sparse: ignored,
  scale_grad_by_freq: ignored,
  max_norm: z.number().positive().nullish(),
  norm_type: z.number().positive().default(2),
});
type EmbeddingParams = z.infer<typeof params>;

export const embedding: ModuleDefinition<EmbeddingParams, Embedding> = {
  role: 'embedding',
  type: 'embedding',
  params,
  build: buildEmbedding,
};

/** The embedding of the ids that `single_id`, `pos_tag` and the like give under the name `tokens`. */
export const embeddingEmbedder: ModuleDefinition<EmbeddingParams, TokenEmbedder> = {
  role: 'token_embedder',
  type: 'embedding',
  params,
  build(scope, parsed) {
    const table = buildEmbedding(scope, parsed);
    return {
      outputDim: table.outputDim,
      embed(indexer, axes) {
        const ids = scope.input(`${indexer}.tokens`, 'int64', axes);
        return { vectors: table.lookUp(ids), maskFrom: 'ids', mask: () => maskOfIds(scope, ids) };
      },
    };
  },
};

function buildEmbedding(scope: Scope, parsed: EmbeddingParams): Embedding {
  const { embedding_dim: dim, projection_dim: projection } = parsed;
  const rows = countRows(scope, parsed);
  return {
    rows,
    outputDim: projection ?? dim,
    lookUp(ids) {
      const vectors = op(scope, 'Gather', [readTable(scope, rows, parsed), ids], { axis: int(0) });
      if (projection === undefined || projection === null) return vectors;
      return linear(scope.at('_projection'), vectors, dim, projection);
    },
  };
}

/** The rows of the tensor. There must be one for each token; a model may add rows of its own, as copynet does. */
function countRows(scope: Scope, { num_embeddings: given, vocab_namespace: namespace }: EmbeddingParams) {
  const [rows] = scope.dims('weight') ?? [];
  const needed = given ?? scope.archive.vocabularySize(namespace ?? 'tokens');
  if (rows === undefined || (given === undefined || given === null ? rows >= needed : rows === needed)) {
    return rows ?? needed;
  }
  throw new ToolchainError(
    'WEIGHTS_INVALID',
    `The tensor '${scope.tensorName('weight')}' has ${rows} rows, but there are ${needed} tokens to embed.`,
  );
}

/** The table; rows that are longer than `max_norm` are cut to it, as torch cuts them when it reads them. */
function readTable(scope: Scope, rows: number, parsed: EmbeddingParams): string {
  const { embedding_dim: dim, max_norm: longest, norm_type: power } = parsed;
  if (longest === undefined || longest === null) return scope.weight('weight', [rows, dim]);
  const table = Float32Array.from(scope.tensor('weight', [rows, dim]));
  for (let start = 0; start < table.length; start += dim) {
    const row = table.subarray(start, start + dim);
    const norm = row.reduce((sum, value) => sum + Math.abs(value) ** power, 0) ** (1 / power);
    // torch.nn.functional.embedding adds the 1e-7.
    if (norm > longest) row.set(row.map((value) => (value * longest) / (norm + 1e-7)));
  }
  return constant(scope, 'weight', [rows, dim], table);
}
