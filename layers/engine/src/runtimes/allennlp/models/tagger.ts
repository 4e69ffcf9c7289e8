/** What taggers have in common: they read a sentence, and answer its words. */
import type { Instance } from '../instance.ts';
import { openWordsReader } from '../text/readers/words-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { wordsOf } from '../text/token.ts';
import { refuseNothing, requirePredictor, wordsField } from './input-checks.ts';

export interface TaggerMetadata {
  readonly words: readonly string[];
}

/**
 * Opens the way from an input to its instance. `answersNothing` says that AllenNLP gives an empty answer for a sentence without
 * words, where others raise: there is no instance then.
 *
 * @throws EngineError PACKAGE_INVALID for a predictor, a reader or a parameter that is not supported
 */
export function openTaggerReader(
  archive: TextArchive,
  answersNothing = false,
): (input: unknown, field: string) => Promise<readonly Instance<TaggerMetadata>[]> {
  requirePredictor(archive, 'sentence_tagger');
  const reader = openWordsReader(archive);
  return async (input, field) => {
    const { tokens, tensors } = await reader.read(input, field);
    if (tokens.length === 0 && answersNothing) return [];
    refuseNothing(tensors, wordsField(input, field));
    return [{ tensors, metadata: { words: wordsOf(tokens) } }];
  };
}
