/** What archives and inputs must have beyond the schemas of their readers. */
import { EngineError } from '@pilotlight/model-format/errors';
import { invalidInput } from '../input-fields.ts';
import type { FieldTensors } from '../text/indexers/indexer.ts';
import type { TextArchive } from '../text/text-archive.ts';

/**
 * Refuses a sentence without words, on which models raise in AllenNLP, and one of which a folding indexer finds no piece.
 *
 * @throws EngineError INVALID_INPUT
 */
export function refuseNothing(tensors: FieldTensors, field: string): void {
  const isEmpty = Object.values(tensors).some(({ dims: [length] }) => length === 0);
  if (isEmpty) throw invalidInput(field, 'must have at least one word that the model can read');
}

/** The name of the input's words in errors: `inputs.tokens` where they were given so. */
export function wordsField(input: unknown, field: string): string {
  const isGiven = typeof input === 'object' && input !== null && !('sentence' in input) && 'tokens' in input;
  return `${field}.${isGiven ? 'tokens' : 'sentence'}`;
}

/** @throws EngineError PACKAGE_INVALID where the archive was made for another predictor */
export function requirePredictor({ config }: TextArchive, ...supported: readonly string[]): void {
  if (supported.includes(config.predictor)) return;
  throw new EngineError(
    'PACKAGE_INVALID',
    `The predictor ${config.predictor} is not supported with this model; those are: ${supported.join(', ')}.`,
    { details: { predictor: config.predictor } },
  );
}
