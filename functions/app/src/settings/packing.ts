/** When the weights of models are packed, by the place that the process runs in. See the engine's session/ADR-packing.md. */
import type { EngineOptions } from '@pilotlight/engine';
import type { Config } from './config.ts';

/** Values of AWS_LAMBDA_INITIALIZATION_TYPE where a request waits for its environment: of a function, and of a web function. */
const AWAITED = ['on-demand', 'native-http'];

/**
 * Packs before the first answer where Lambda prepares the environment beforehand (provisioned concurrency, SnapStart), because nobody
 * waits for it. Everywhere else the first answers come first.
 */
export function choosePacking({
  PILOTLIGHT_PACKING: asked,
  AWS_LAMBDA_INITIALIZATION_TYPE: place = 'on-demand',
}: Pick<Config, 'PILOTLIGHT_PACKING' | 'AWS_LAMBDA_INITIALIZATION_TYPE'>): NonNullable<
  EngineOptions['packing']
> {
  return asked ?? (AWAITED.includes(place) ? 'later' : 'first');
}
