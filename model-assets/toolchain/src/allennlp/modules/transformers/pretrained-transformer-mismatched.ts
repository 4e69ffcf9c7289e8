/** pretrained_transformer_mismatched: the tokens are words, and each is what the wordpieces of it are on average, or the first of them. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import type { ModuleDefinition, Scope, TokenEmbedder } from '../module.ts';
import { cast, integer, op, scalar, shape, slice, squeeze, sum } from '../nodes/ops.ts';
import { transformerParams } from './hub-model.ts';
import { maskOfBool, transformerInputs } from './pretrained-transformer.ts';
import { transformerEmbedder } from './transformer-embedder.ts';

const { eval_mode: _, reinit_modules: __, ...shared } = transformerParams;
const params = z.strictObject({ ...shared, sub_token_mode: z.enum(['avg', 'first']).nullish() });

export const pretrainedTransformerMismatched: ModuleDefinition<z.infer<typeof params>, TokenEmbedder> = {
  role: 'token_embedder',
  type: 'pretrained_transformer_mismatched',
  params,
  build(scope, parsed) {
    const embedder = transformerEmbedder(scope.at('_matched_embedder'), parsed);
    const mode = parsed.sub_token_mode ?? 'avg';
    return {
      outputDim: embedder.outputDim,
      embed(indexer, axes) {
        if (axes.length !== 2) {
          throw new ToolchainError(
            'SOURCE_UNSUPPORTED',
            `${scope.path} embeds a list of text fields, which pretrained_transformer_mismatched is not supported for.`,
          );
        }
        const folds = parsed.max_length !== undefined && parsed.max_length !== null;
        const [batch = 'batch'] = axes;
        const pieces = [batch, `${indexer}/wordpieces`];
        const segmented = folds ? [batch, `${indexer}/segments`] : pieces;
        const pieceMask = scope.input(`${indexer}.wordpiece_mask`, 'bool', pieces);
        const mask = scope.input(`${indexer}.mask`, 'bool', axes);
        const offsets = scope.input(`${indexer}.offsets`, 'int64', [...axes, 2]);
        const inputs = transformerInputs(scope, indexer, { axes: segmented, mask: pieceMask });
        const vectors = embedder.embed(inputs);
        return {
          vectors: ofWords(scope, vectors, offsets, mode),
          maskFrom: 'mask',
          mask: () => maskOfBool(scope, mask),
        };
      },
    };
  },
};

/**
 * The vectors of words, `[batch, words, hidden]`, out of those of wordpieces, `[batch, wordpieces, hidden]`. `offsets`
 * `[batch, words, 2]` has the first and the last piece of each; a word without pieces, at -1, gets zeros. It is one product with
 * the share that each piece has in each word.
 */
function ofWords(scope: Scope, x: string, offsets: string, mode: 'avg' | 'first'): string {
  const positions = op(scope, 'Range', [
    integer(scope, 0),
    squeeze(scope, shape(scope, x, 1, 2), 0),
    integer(scope, 1),
  ]);
  const first = slice(scope, offsets, 2, 0, 1);
  if (mode === 'first') {
    return op(scope, 'MatMul', [cast(scope, op(scope, 'Equal', [positions, first]), 'float32'), x]);
  }
  const last = slice(scope, offsets, 2, 1, 2);
  const isPiece = op(scope, 'And', [
    op(scope, 'GreaterOrEqual', [positions, first]),
    op(scope, 'LessOrEqual', [positions, last]),
  ]);
  const pieces = cast(scope, isPiece, 'float32');
  const count = op(scope, 'Max', [sum(scope, pieces, -1, true), scalar(scope, 1)]);
  return op(scope, 'Div', [op(scope, 'MatMul', [pieces, x]), count]);
}
