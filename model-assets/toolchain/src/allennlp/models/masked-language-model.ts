/** masked_language_model: the likeliest words at the masks of a text field. */
import { z } from 'zod';
import { int } from '../../graph/node.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { op } from '../modules/nodes/ops.ts';
import { embedTokens, languageModelParams, languageModelParts, topProbabilities } from './language-model.ts';

const params = z.strictObject({
  ...languageModelParams,
});

/** Words for each mask, fixed in the code of the model. */
const BEST = 5;

export const maskedLanguageModel: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'masked_language_model',
  params,
  nested: languageModelParts,
  build(scope, parsed) {
    const { vectors, head } = embedTokens(scope, parsed);
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
