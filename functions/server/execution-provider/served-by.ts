import { type ExecutionProvider, formatModelRef, type LoadedModel } from '@pilotlight/engine';
import { providerFor } from '@pilotlight/model-format';

/** Lists the provider of each model for the log: a model whose variants no GPU can run stays on the CPU. */
export function listServedModels(
  models: readonly Pick<LoadedModel, 'manifest' | 'variantName'>[],
  provider: ExecutionProvider,
) {
  return models.map(({ manifest, variantName }) => {
    const variant = manifest.runtime === 'onnx' ? manifest.variants[variantName] : undefined;
    return {
      model: formatModelRef(manifest),
      variant: variantName,
      provider: variant ? providerFor(variant, provider) : 'cpu',
    };
  });
}
