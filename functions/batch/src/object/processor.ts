import type { BatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import type { ProcessorParts } from './process-object.ts';

/** What `processObject` works with, of the settings and of the world around it. */
export function processorOf(
  config: BatchConfig,
  world: Pick<ProcessorParts, 'engine' | 'engineVersion' | 'objects' | 'goOnLater'>,
): ProcessorParts {
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
