/** A premise and a hypothesis as two fields. */
import { EngineError } from '@pilotlight/model-format/errors';
import { invalidInput } from '../input-fields.ts';
import type { Instance } from '../instance.ts';
import { openPairReader } from '../text/readers/pair-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { wordsOf } from '../text/token.ts';
import { fieldLength } from './field-length.ts';
import { requirePredictor } from './input-checks.ts';

export interface PairMetadata {
  readonly premise: readonly string[];
  readonly hypothesis: readonly string[];
  /** Whether the reader gives the model the words too, to answer them. */
  readonly isKept: boolean;
}

/** @throws EngineError PACKAGE_INVALID for a predictor, a reader or a parameter that is not supported */
export function openPairFields(
  archive: TextArchive,
): (input: unknown, field: string) => Promise<Instance<PairMetadata>> {
  requirePredictor(archive, 'textual_entailment');
  const reader = openPairReader(archive);
  return async (input, field) => {
    const { premise, hypothesis, combined, tensors } = await reader.read(input, field);
    if (!combined) {
      const words = { premise: wordsOf(premise), hypothesis: wordsOf(hypothesis) };
      return { tensors, metadata: { ...words, isKept: reader.keepsWords } };
    }
    throw new EngineError('PACKAGE_INVALID', 'The reader makes one text of both, but the model takes two.');
  };
}

/** @throws EngineError INVALID_INPUT where a text has no words, on which models raise in AllenNLP */
export function requireWords(instance: Instance, text: 'premise' | 'hypothesis', field: string): void {
  if (fieldLength(instance, text) === 0)
    throw invalidInput(`${field}.${text}`, 'must have at least one word');
}
