/** Options that do not go together, or name tokens that the model does not have. */
import { invalidParameter } from '../../../tasks/refusals.ts';
import type { SearchOptions } from './search-options.ts';

/** @throws EngineError INVALID_PARAMETER with `field` */
export function checkOptions(options: SearchOptions, vocabSize: number): void {
  refuseClashes(options);
  for (const [name, ids] of namedIds(options)) {
    const unknown = ids.find((id) => id >= vocabSize);
    if (unknown === undefined) continue;
    throw invalidParameter(name, `has token ${unknown}, but the vocabulary ends at ${vocabSize - 1}`);
  }
}

function refuseClashes({
  numBeams,
  numReturnSequences,
  sampling,
  suppress,
  forcedBos,
  forcedEos,
}: SearchOptions): void {
  if (numBeams === 1 && numReturnSequences > 1 && sampling === undefined) {
    throw invalidParameter(
      'num_return_sequences',
      `is ${numReturnSequences}, but the best token of each step makes one text: set do_sample, or num_beams`,
    );
  }
  if (numBeams > 1 && numReturnSequences > numBeams) {
    throw invalidParameter(
      'num_return_sequences',
      `is ${numReturnSequences}, above the ${numBeams} of num_beams`,
    );
  }
  const forced = [
    ['forced_bos_token_id', forcedBos === undefined ? [] : [forcedBos]],
    ['forced_eos_token_id', forcedEos ?? []],
  ] as const;
  const suppressed = new Set(suppress);
  for (const [name, ids] of forced) {
    if (ids.length === 0 || !ids.every((id) => suppressed.has(id))) continue;
    throw invalidParameter(
      'suppress_tokens',
      `has every token of ${name}, so that no token could come there`,
    );
  }
}

function namedIds(options: SearchOptions): readonly (readonly [name: string, ids: readonly number[]])[] {
  return [
    ['forced_bos_token_id', options.forcedBos === undefined ? [] : [options.forcedBos]],
    ['forced_eos_token_id', options.forcedEos ?? []],
    ['bad_words_ids', options.badWords.flat()],
    ['sequence_bias', options.sequenceBias.flatMap(([ids]) => ids)],
    ['logit_bias', options.logitBias.map(([id]) => id)],
  ];
}
