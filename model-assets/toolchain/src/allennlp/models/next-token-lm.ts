/** next_token_lm: the likeliest tokens after a text field, or with a beam search the scores of all of them, for one step after another. */
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { int } from '../../graph/node.ts';
import { count } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, GraphOutput, ModuleDefinition, Scope } from '../modules/module.ts';
import { lastTokens } from '../modules/nodes/masks.ts';
import { cast, integers, op } from '../modules/nodes/ops.ts';
import { embedTokens, languageModelParams, languageModelParts, topProbabilities } from './language-model.ts';

const params = z.strictObject({
  ...languageModelParams,
  n_best: count.default(5),
  // The engine searches; its parameters are checked there.
  beam_search_generator: z.looseObject({ type: z.literal('transformer') }).nullish(),
});

export const nextTokenLm: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'next_token_lm',
  params,
  nested: languageModelParts,
  build(scope, parsed) {
    const { vectors, mask, head } = embedTokens(scope, parsed);
    // AllenNLP takes the last position of the batch; the last token of each row is what it takes of an input that is alone.
    const logits = head.apply(lastTokens(scope, vectors, mask));
    if (parsed.beam_search_generator) {
      refuseSegments(scope.path, parsed.text_field_embedder);
      return { model: finishGraph(scope, stepOutputs(scope, logits, head.outputDim)) };
    }
    const best = Math.min(parsed.n_best, head.outputDim);
    const { values, indices } = topProbabilities(scope, logits, best);
    const axes = ['batch', best];
    return {
      model: finishGraph(scope, {
        probabilities: { value: values, axes },
        top_indices: { value: indices, axes },
      }),
    };
  },
};

/** The `top` `[1]` best log probabilities, or all that there are: `scores` and `classes` `[rows, count]`. */
function stepOutputs(scope: Scope, logits: string, classes: number): Readonly<Record<string, GraphOutput>> {
  const top = op(scope, 'Min', [scope.input('top', 'int64', [1]), integers(scope, [classes])]);
  const [scores = '', best = ''] = scope.graph.ops(
    'TopK',
    [op(scope, 'LogSoftmax', [logits], { axis: int(-1) }), top],
    scope.name('TopK'),
    2,
  );
  const axes = ['batch', 'count'];
  return { scores: { value: scores, axes }, classes: { value: cast(scope, best, 'float32'), axes } };
}

const transformerAlone = z.object({
  token_embedders: z.record(
    z.string(),
    z.object({ type: z.literal('pretrained_transformer'), max_length: z.null().optional() }),
  ),
});

/** The generator lengthens the tensors of one transformer, and knows no segments. */
function refuseSegments(path: string, embedder: unknown): void {
  const parsed = transformerAlone.safeParse(embedder);
  if (parsed.success && Object.keys(parsed.data.token_embedders).length === 1) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `${path === '' ? 'The model' : path}: a beam_search_generator takes one embedder, a pretrained_transformer without max_length.`,
  );
}
