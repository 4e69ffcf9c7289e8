/** Loads models before the first request asks for them. */
import { parseModelRef } from '@pilotlight/engine';
import type { Logger, Readiness, ServingEngine } from '../serve/ports.ts';

export interface Preload extends Readiness {
  /** Settles when every model is loaded or refused; never rejects. */
  readonly settled: Promise<void>;
}

/** The models of a registry, which load themselves. */
export interface Following extends Readiness {
  /** Resolves once names mean versions that are loaded, or cannot; never rejects. */
  start(): Promise<void>;
}

/**
 * Starts at once. A model that is refused is logged and left out; the others are not affected. Of one that is of a registry, the version
 * that it means is loaded, and the one that is asked for only where the registry has none.
 */
export function preload(
  engine: Pick<ServingEngine, 'model'>,
  refs: readonly string[],
  logger: Logger,
  following?: Following | undefined,
): Preload {
  const started = following?.start();
  const followed = following?.states() ?? new Map();
  const states = new Map<string, 'loading' | 'ready' | 'failed'>(refs.map((ref) => [ref, 'loading']));
  const loads = refs.map(async (ref) => {
    try {
      const { name } = parseModelRef(ref);
      if (followed.has(name)) await started;
      if (following?.states().get(name) !== 'ready') await engine.model(ref);
      states.set(ref, 'ready');
    } catch (error) {
      states.set(ref, 'failed');
      logger.error('A model could not be preloaded', { model: ref, error });
    }
  });
  return {
    states: () => (following ? new Map([...states, ...following.states()]) : states),
    settled: Promise.all([started, ...loads]).then(() => undefined),
  };
}
