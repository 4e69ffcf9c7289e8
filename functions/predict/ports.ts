/** What the predict function asks of its models beside what the HTTP app does. */
import type { Predictor } from '@pilotlight/engine';
import type { ServingEngine } from '../shared/api/ports.ts';

export type PredictModel = Pick<Predictor, 'manifest' | 'loadTimings' | 'checkGolden'>;

export interface PredictEngine extends ServingEngine {
  loaded(): readonly PredictModel[];
}

/** `name@version` */
export function refOf({ manifest: { name, version } }: PredictModel): string {
  return `${name}@${version}`;
}
