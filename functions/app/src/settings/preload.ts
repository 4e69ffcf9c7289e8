/** Loads models before the first request asks for them. */
import type { Logger, Readiness, ServingEngine } from '../serve/ports.ts';

export interface Preload extends Readiness {
  /** Settles when every model is loaded or refused; never rejects. */
  readonly settled: Promise<void>;
}

/** Starts at once. A model that is refused is logged and left out; the others are not affected. */
export function preload(
  engine: Pick<ServingEngine, 'model'>,
  refs: readonly string[],
  logger: Logger,
): Preload {
  const states = new Map<string, 'loading' | 'ready' | 'failed'>(refs.map((ref) => [ref, 'loading']));
  const loads = refs.map(async (ref) => {
    try {
      await engine.model(ref);
      states.set(ref, 'ready');
    } catch (error) {
      states.set(ref, 'failed');
      logger.error('A model could not be preloaded', { model: ref, error });
    }
  });
  return { states: () => states, settled: Promise.all(loads).then(() => undefined) };
}
