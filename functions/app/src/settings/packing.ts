/** When the weights of models are packed, by the place that the process runs in. See the engine's session/ADR-packing.md. */
import type { EngineOptions } from '@pilotlight/engine';
import type { Config } from './config.ts';

/** Whether a request waits for an environment that started so: by AWS_LAMBDA_INITIALIZATION_TYPE of a function, or of a web function. */
export function isAwaited(initializationType: string): boolean {
  return initializationType === 'on-demand' || initializationType === 'native-http';
}

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
  return asked ?? (isAwaited(place) ? 'later' : 'first');
}
