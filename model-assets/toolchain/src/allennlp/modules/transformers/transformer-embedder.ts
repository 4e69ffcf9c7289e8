/** The transformer of an archive with what AllenNLP adds to it: folding of long sequences, and a mix of all layers. */
import type { z } from 'zod';
import type { Scope } from '../module.ts';
import { constant, op } from '../nodes/ops.ts';
import { folding } from './folding.ts';
import { openTransformer, type transformerParams } from './hub-model.ts';

export type TransformerParams = z.infer<z.ZodObject<typeof transformerParams>>;

/** The tensors of one indexer, `[batch, tokens]` each. */
export interface TransformerInputs {
  /** Longer than the mask where the indexer has cut it in segments. */
  readonly ids: string;
  readonly mask: string;
  /** Asked for only where the transformer knows more than one type. */
  types(): string;
  /** Asked for only with a `max_length`: the mask of the segments. */
  segmentMask(): string;
}

export interface TransformerEmbedder {
  readonly outputDim: number;
  /** `[batch, tokens, outputDim]` */
  embed(inputs: TransformerInputs): string;
}

/** PretrainedTransformerEmbedder at its place. @throws ToolchainError as `openTransformer` */
export function transformerEmbedder(scope: Scope, params: TransformerParams): TransformerEmbedder {
  const transformer = openTransformer(scope, scope.archive.hubConfig(params.model_name), {
    part: 'transformer_model',
    subModule: params.sub_module,
    overrides: params.transformer_kwargs,
  });
  const { hidden } = transformer;
  const last = (states: readonly string[]) =>
    params.last_layer_only ? (states.at(-1) ?? '') : mixLayers(scope.at('_scalar_mix'), states);
  return {
    outputDim: hidden,
    embed({ ids, mask, types, segmentMask }) {
      const typed = transformer.tokenTypes > 1 ? types() : undefined;
      if (params.max_length === undefined || params.max_length === null) {
        return last(transformer.encode({ ids, mask, types: typed }));
      }
      const segments = segmentMask();
      const { fold, unfold } = folding(scope, segments, params.max_length, transformer.specials);
      const folded = {
        ids: fold(ids),
        mask: fold(segments),
        types: typed === undefined ? undefined : fold(typed),
      };
      return unfold(last(transformer.encode(folded)), hidden);
    },
  };
}

/** ScalarMix: the sum of the layers by the softmax of their weights, times gamma. */
function mixLayers(scope: Scope, states: readonly string[]): string {
  const scores = states.map((_, index) => scope.tensor(`scalar_parameters.${index}`, [1])[0] ?? 0);
  const [gamma = 1] = scope.tensor('gamma', [1]);
  const greatest = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - greatest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return states
    .map((state, index) => {
      const share = Float32Array.of((gamma * (shares[index] ?? 0)) / total);
      return op(scope, 'Mul', [state, constant(scope, `share.${index}`, [], share)]);
    })
    .reduce((sum, part) => op(scope, 'Add', [sum, part]));
}
