import type { GeneratedSequence, Generation } from '@pilotlight/engine/internal/predict/generation';
import { refuseField } from '../../../http/request/parse.ts';
import { rankByMeanLogprob } from '../../generation/rank-sequences.ts';
import type { OpenAiParameters } from './parameters.ts';

/** The `n` texts of a prompt that are answered. */
export function answeredSequences(
  { sequences }: Generation,
  { n, candidates }: OpenAiParameters,
): readonly GeneratedSequence[] {
  return candidates > n ? rankByMeanLogprob(sequences).slice(0, n) : sequences;
}

/** A text is told before it is known whether it is among the best. @throws EngineError INVALID_INPUT with `field` */
export function refuseToRankStream({ n, candidates }: OpenAiParameters): void {
  if (candidates > n) throw refuseField('best_of', 'must not be above n where the answer is a stream');
}
