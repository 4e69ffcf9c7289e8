import type { MiddlewareObj } from '@middy/core';

export const WARM_UP_SOURCE = 'pilotlight.warmup';

/** What a warm-up invocation gets: it was warm already, or this call has made it so. */
export interface WarmUpReport {
  readonly source: typeof WARM_UP_SOURCE;
  readonly coldStart: boolean;
  /** Models in memory, as `name@version`. */
  readonly models: readonly string[];
}

/** Answers `{source: 'pilotlight.warmup'}` before logger, metrics and app see it, once the models are loaded. */
export function warmUp(
  settled: Promise<void>,
  loadedModels: () => readonly string[],
): MiddlewareObj<unknown, unknown> {
  let coldStart = true;
  return {
    name: 'warm-up',
    before: async ({ event }) => {
      await settled;
      const first = coldStart;
      coldStart = false;
      if (!isWarmUp(event)) return undefined;
      return { source: WARM_UP_SOURCE, coldStart: first, models: loadedModels() } satisfies WarmUpReport;
    },
  };
}

function isWarmUp(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'source' in event && event.source === WARM_UP_SOURCE;
}
