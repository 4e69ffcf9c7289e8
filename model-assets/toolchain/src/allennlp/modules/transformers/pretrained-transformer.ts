/** pretrained_transformer: the tokens are the wordpieces of a hub model. */
import { z } from 'zod';
import type { Mask, ModuleDefinition, Scope, TokenEmbedder } from '../module.ts';
import { cast, concat, integers, op, shape } from '../nodes/ops.ts';
import { flattenRows } from '../nodes/time-distributed.ts';
import { transformerParams } from './hub-model.ts';
import {
  type TransformerEmbedder,
  type TransformerInputs,
  transformerEmbedder,
} from './transformer-embedder.ts';

const params = z.strictObject(transformerParams);

export const pretrainedTransformer: ModuleDefinition<z.infer<typeof params>, TokenEmbedder> = {
  role: 'token_embedder',
  type: 'pretrained_transformer',
  params,
  build(scope, parsed) {
    const embedder = transformerEmbedder(scope, parsed);
    return matchedEmbedder(scope, embedder, parsed.max_length ?? undefined);
  },
};

/** The tensors of the indexer `pretrained_transformer`, embedded. */
export function matchedEmbedder(
  scope: Scope,
  embedder: TransformerEmbedder,
  maxLength: number | undefined,
): TokenEmbedder {
  return {
    outputDim: embedder.outputDim,
    embed(indexer, axes) {
      const segmented = maxLength === undefined ? axes : [...axes.slice(0, -1), `${indexer}/segments`];
      const mask = scope.input(`${indexer}.mask`, 'bool', axes);
      const inputs = transformerInputs(scope, indexer, { axes: segmented, mask });
      return {
        vectors: wrapped(scope, embedder, inputs, axes.length),
        maskFrom: 'mask',
        mask: () => maskOfBool(scope, mask),
      };
    },
  };
}

/** The mask that an indexer gives. */
export function maskOfBool(scope: Scope, mask: string): Mask {
  return scope.once(`${mask}/float32`, () => cast(scope, mask, 'float32'));
}

export function transformerInputs(
  scope: Scope,
  indexer: string,
  { axes, mask }: { readonly axes: readonly string[]; readonly mask: string },
): TransformerInputs {
  return {
    ids: scope.input(`${indexer}.token_ids`, 'int64', axes),
    mask,
    types: () => scope.input(`${indexer}.type_ids`, 'int64', axes),
    segmentMask: () => scope.input(`${indexer}.segment_concat_mask`, 'bool', axes),
  };
}

/** Embeds a list of text fields as so many rows of the batch: TimeDistributed. */
function wrapped(
  scope: Scope,
  embedder: TransformerEmbedder,
  inputs: TransformerInputs,
  rank: number,
): string {
  if (rank === 2) return embedder.embed(inputs);
  const flat = (x: string) => flattenRows(scope, x, 1);
  const vectors = embedder.embed({
    ids: flat(inputs.ids),
    mask: flat(inputs.mask),
    types: () => flat(inputs.types()),
    segmentMask: () => flat(inputs.segmentMask()),
  });
  const dims = concat(scope, [shape(scope, inputs.mask, 0), integers(scope, [embedder.outputDim])], 0);
  return op(scope, 'Reshape', [vectors, dims]);
}
