/** The interface of models that the predict function needs beside the one of the HTTP app. */

import type { ServingEngine } from '@pilotlight/app/internal/serve/ports';
import { formatModelRef, type LoadedModel } from '@pilotlight/engine';

export type PredictModel = Pick<
  LoadedModel,
  'manifest' | 'variantName' | 'loadTimings' | 'checkGolden' | 'pack'
>;

export interface PredictEngine extends ServingEngine {
  loaded(): readonly PredictModel[];
}

/** `name@version` */
export function formatRef({ manifest }: PredictModel): string {
  return formatModelRef(manifest);
}
