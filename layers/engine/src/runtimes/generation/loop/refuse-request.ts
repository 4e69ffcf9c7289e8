/** Whether a request can be taken: the same for a loop here and for one in a thread. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { bytesOf, needOf } from './cache-needs.ts';
import type { LoopSettings } from './decoder-plan.ts';
import type { Decoder, TokenRequest } from './decoder-port.ts';

/** @throws EngineError SESSION_FAILED, OVERLOADED, TOO_MUCH_WORK */
export function refuseRequest(
  request: TokenRequest,
  { load, ended }: Pick<Decoder, 'load' | 'ended'>,
  { slots, maxWaiting, cacheBytes }: LoopSettings,
  facts: DecoderFacts,
): void {
  if (ended)
    throw new EngineError('SESSION_FAILED', 'The model was unloaded, or its thread ended. Try again.');
  if (load.running + load.waiting >= slots + maxWaiting) {
    throw new EngineError(
      'OVERLOADED',
      `The model generates ${load.running} texts, and ${load.waiting} more wait for it. Try again later.`,
    );
  }
  const bytes = bytesOf([needOf(request)], facts);
  if (bytes <= cacheBytes) return;
  throw new EngineError(
    'TOO_MUCH_WORK',
    `The call may need ${inMegabytes(bytes)} MB of memory for what the model has read; ${inMegabytes(cacheBytes)} MB are there. Ask for fewer tokens (max_new_tokens) or beams, or give the service more (PILOTLIGHT_GENERATION_CACHE_MB; generationCacheBytes of an engine).`,
    { details: { cacheBytes: bytes, maxCacheBytes: cacheBytes } },
  );
}

function inMegabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
