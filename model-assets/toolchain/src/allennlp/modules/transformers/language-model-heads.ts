/** Language model heads: from the vectors of tokens to the scores of the vocabulary. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { parseConfig, activation as transformerActivation } from '../../../graph/config.ts';
import { activate } from '../../../graph/encoder.ts';
import { float, int } from '../../../graph/node.ts';
import { count } from '../build.ts';
import type { LanguageModelHead, ModuleDefinition, Scope } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { op } from '../nodes/ops.ts';

const hubParams = z.strictObject({ model_name: z.string() });
const bertConfig = z.object({
  hidden_act: transformerActivation.default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
});

/** BertOnlyMLMHead, with a decoder of its own. */
export const bertHead: ModuleDefinition<z.infer<typeof hubParams>, LanguageModelHead> = {
  role: 'language_model_head',
  type: 'bert',
  params: hubParams,
  build(scope, { model_name: modelName }) {
    const config = parseConfig(bertConfig, scope.archive.hubConfig(modelName));
    const place = scope.at('bert_lm_head.predictions');
    const [vocabulary, hidden] = matrixDims(place.at('decoder'));
    return {
      outputDim: vocabulary,
      apply(x) {
        const turned = linear(place.at('transform.dense'), x, hidden, hidden);
        const active = activate(scope.graph, config.hidden_act, turned, scope.name('activation'));
        const norm = place.at('transform.LayerNorm');
        const normed = op(
          norm,
          'LayerNormalization',
          [active, norm.weight('weight', [hidden]), norm.weight('bias', [hidden])],
          { axis: int(-1), epsilon: float(config.layer_norm_eps) },
        );
        return linear(place.at('decoder'), normed, hidden, vocabulary);
      },
    };
  },
};

export const gpt2Head: ModuleDefinition<z.infer<typeof hubParams>, LanguageModelHead> = {
  role: 'language_model_head',
  type: 'gpt2',
  params: hubParams,
  build(scope) {
    const place = scope.at('gpt2_lm_head');
    const [vocabulary, hidden] = matrixDims(place);
    return {
      outputDim: vocabulary,
      apply: (x) => linear(place, x, hidden, vocabulary, { bias: false }),
    };
  },
};

const linearParams = z.strictObject({ input_dim: count, vocab_namespace: z.string() });

export const linearHead: ModuleDefinition<z.infer<typeof linearParams>, LanguageModelHead> = {
  role: 'language_model_head',
  type: 'linear',
  params: linearParams,
  build(scope, { input_dim: inputDim, vocab_namespace: namespace }) {
    const outputDim = scope.archive.vocabularySize(namespace);
    return { outputDim, apply: (x) => linear(scope.at('linear'), x, inputDim, outputDim) };
  },
};

/** @throws ToolchainError WEIGHTS_INVALID where the place has no matrix */
function matrixDims(scope: Scope): readonly [outputs: number, inputs: number] {
  const [outputs, inputs] = scope.dims('weight') ?? [];
  if (outputs !== undefined && inputs !== undefined) return [outputs, inputs];
  throw new ToolchainError('WEIGHTS_INVALID', `The archive has no tensor '${scope.tensorName('weight')}'.`);
}
