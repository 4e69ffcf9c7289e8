import { type ExecutionProvider, type Predictor, providerFor } from '@pilotlight/engine';

/** What runs each model, for the log: one whose variants no GPU can run stays on the CPU. */
export function servedBy(
  predictors: readonly Pick<Predictor, 'manifest' | 'variantName' | 'variant'>[],
  provider: ExecutionProvider,
) {
  return predictors.map(({ manifest, variantName, variant }) => ({
    model: `${manifest.name}@${manifest.version}`,
    variant: variantName,
    provider: providerFor(variant, provider),
  }));
}
