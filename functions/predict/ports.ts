/** What the predict function asks of its models beside what the HTTP app does. */

import type { ServingEngine } from '@pilotlight/app/internal/serve/ports';
import type { Predictor } from '@pilotlight/engine';

export type PredictModel = Pick<Predictor, 'manifest' | 'loadTimings' | 'checkGolden'>;

export interface PredictEngine extends ServingEngine {
  loaded(): readonly PredictModel[];
}

/** `name@version` */
export function refOf({ manifest: { name, version } }: PredictModel): string {
  return `${name}@${version}`;
}
