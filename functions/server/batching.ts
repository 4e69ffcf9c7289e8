/** How requests share batches: what suits a CPU is not what fills a GPU. */

import type { ServerConfig } from '@pilotlight/app/internal/settings/server';
import type { EngineOptions, ExecutionProvider } from '@pilotlight/engine';
import { DEFAULT_QUEUE_LIMITS } from '@pilotlight/engine/internal/batching/token-queue';

/** The default of text-embeddings-inference. */
const GPU_BATCH_TOKENS = 16_384;
/** A run of a small model costs as much besides its tokens as some ten of them do: more padding than that is not worth it. */
const CPU_PADDING = 0.2;

export function batchingOn(
  provider: ExecutionProvider,
  settings: ServerConfig['server'],
): Pick<EngineOptions, 'batching' | 'queueLimits' | 'shortLaneTokens' | 'parallelSessions'> {
  const onCpu = provider === 'cpu';
  const maxBatchTokens = settings.PILOTLIGHT_MAX_BATCH_TOKENS ?? (onCpu ? undefined : GPU_BATCH_TOKENS);
  return {
    batching: 'dynamic',
    queueLimits: {
      ...(maxBatchTokens !== undefined && { maxBatchTokens }),
      maxBatchRequests: settings.PILOTLIGHT_MAX_BATCH_REQUESTS ?? DEFAULT_QUEUE_LIMITS.maxBatchRequests,
      maxQueueMs: settings.PILOTLIGHT_MAX_QUEUE_MS ?? DEFAULT_QUEUE_LIMITS.maxQueueMs,
      ...(onCpu && { maxPadding: CPU_PADDING, mixBackground: false }),
    },
    shortLaneTokens: onCpu ? settings.PILOTLIGHT_SHORT_LANE_TOKENS : 0,
    parallelSessions: onCpu ? settings.PILOTLIGHT_PARALLEL_SESSIONS : 0,
  };
}
