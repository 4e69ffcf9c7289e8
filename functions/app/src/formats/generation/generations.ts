import type { Prediction } from '@pilotlight/engine';
import type { Generation } from '@pilotlight/engine/internal/predict/generation';

/** What a prediction of a model that generates has for each input. */
export function generationsOf({ results }: Pick<Prediction, 'results'>): readonly Generation[] {
  return results as readonly Generation[];
}
