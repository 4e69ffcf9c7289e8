/** Opens the loop of a model: in this thread, or in one of its own. */
import type { DecoderPlan } from './decoder-plan.ts';
import type { Decoder } from './decoder-port.ts';
import { startDecoderThread } from './decoder-thread.ts';
import { openLoop } from './open-loop.ts';

/**
 * @param where a run blocks the caller's thread, or it has a thread of its own
 * @throws EngineError PACKAGE_CORRUPT and PACKAGE_INVALID for graphs that do not load, SESSION_FAILED where the thread cannot start
 */
export function createDecoder(plan: DecoderPlan, where: 'inline' | 'worker'): Promise<Decoder> {
  return where === 'worker' ? startDecoderThread(plan) : openLoop(plan);
}
