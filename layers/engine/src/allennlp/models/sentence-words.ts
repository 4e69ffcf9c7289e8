/** The words of a sentence for predictors that split it themselves: by spaCy in AllenNLP, by its rules here, or as they were given. */
import { givenText, tokenizeGiven } from '../text/given-text.ts';
import type { FieldTensors } from '../text/indexers/indexer.ts';
import type { TextArchive } from '../text/text-archive.ts';
import type { Token } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { invalidInput } from './predictor-input.ts';

export interface SentenceWords {
  readonly tokens: readonly Token[];
  /** How errors name them: `inputs.sentence`. */
  readonly field: string;
}

/** Opens the way from an input to its words, which throws EngineError INVALID_INPUT. */
export function openSentenceWords(
  archive: TextArchive,
): (input: unknown, field: string) => Promise<SentenceWords> {
  const tokenizer = openTokenizer({ type: 'spacy' }, { archive, path: 'predictor' });
  return async (input, field) => {
    const given = givenText(input, field, 'sentence', 'tokens');
    return { tokens: await tokenizeGiven(given, tokenizer), field: given.field };
  };
}

/**
 * Refuses a sentence without words, on which models raise in AllenNLP, and one of which a folding indexer finds no piece.
 *
 * @throws EngineError INVALID_INPUT
 */
export function refuseNothing(tensors: FieldTensors, field: string): void {
  const isEmpty = Object.values(tensors).some(({ dims: [length] }) => length === 0);
  if (isEmpty) throw invalidInput(field, 'must have at least one word that the model can read');
}
