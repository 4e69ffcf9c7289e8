/** masked_language_model: the likeliest words at the masks of a text field. */
import { z } from 'zod';
import { int } from '../../graph/node.ts';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition, Scope } from '../modules/module.ts';
import { cast, integers, op, softmax } from '../modules/nodes/ops.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  language_model_head: nested,
  /** The namespace of the words in the answer. */
  target_namespace: ignored,
  dropout: ignored,
  initializer: ignored,
  regularizer: ignored,
});

/** Words for each mask, fixed in the code of the model. */
const BEST = 5;

export const maskedLanguageModel: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'masked_language_model',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    language_model_head: { role: 'language_model_head' },
  },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('_text_field_embedder'),
      parsed.text_field_embedder,
    );
    const head = buildModule(
      'language_model_head',
      scope.at('_language_model_head'),
      parsed.language_model_head,
    );
    const { vectors } = embedder.embed('tokens');
    const positions = scope.input('mask_positions', 'int64', ['batch', 'masks', 1]);
    const masked = op(scope, 'GatherND', [vectors, positions], { batch_dims: int(1) });
    const best = Math.min(BEST, head.outputDim);
    const { values, indices } = topProbabilities(scope, head.apply(masked), best);
    const axes = ['batch', 'masks', best];
    return {
      model: finishGraph(scope, {
        probabilities: { value: values, axes },
        top_indices: { value: indices, axes },
      }),
    };
  },
};

/** The greatest probabilities of `logits` `[..., classes]`, and the classes that have them: `[..., count]` float32. */
export function topProbabilities(
  scope: Scope,
  logits: string,
  count: number,
): { readonly values: string; readonly indices: string } {
  const [values = '', indices = ''] = scope.graph.ops(
    'TopK',
    [softmax(scope, logits), integers(scope, [count])],
    scope.name('TopK'),
    2,
  );
  return { values, indices: cast(scope, indices, 'float32') };
}
