import type { BatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import type { ProcessorDependencies } from './process-object.ts';

/** Makes the dependencies of `processObject` from the settings and the clients. */
export function createProcessor(
  config: BatchConfig,
  world: Pick<ProcessorDependencies, 'engine' | 'versions' | 'engineVersion' | 'objects' | 'goOnLater'>,
): ProcessorDependencies {
  return {
    ...world,
    prefixes: {
      input: config.PILOTLIGHT_BATCH_INPUT_PREFIX,
      output: config.PILOTLIGHT_BATCH_OUTPUT_PREFIX,
    },
    partRows: config.PILOTLIGHT_BATCH_PART_ROWS,
    maxRowBytes: config.PILOTLIGHT_BATCH_MAX_ROW_BYTES,
  };
}
