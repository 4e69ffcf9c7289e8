/**
 * What one input may make a model do at once. Work that grows with the square of a text, or faster, is known from the text alone, and
 * is refused before a graph runs, and where a reader would make many instances of it, before they are made.
 */
import { EngineError } from '@pilotlight/model-format/errors';
import type { ArchiveModel } from '../archive-model.ts';
import type { Instance } from '../instance.ts';
import { sizeOf } from '../instance-size.ts';

/** Values of one tensor of a graph: 256 MB of float32, of which a graph has a few at a time. */
export const MOST_CELLS = 2 ** 26;
/** Tokens of all instances, or spans, that one input makes: a sentence is read again for each of its verbs. */
const MOST_TOKENS = 2 ** 20;
/** Characters of all words of a text, each as long as the longest. */
const MOST_CHARACTERS = 2 ** 21;

/** @throws EngineError INPUT_TOO_LONG where a graph would make a tensor of more values than it may */
function refuseMoreCells(field: string, tokens: number, cells: number): void {
  if (cells <= MOST_CELLS) return;
  throw tooLong(
    field,
    `has ${tokens} tokens, of which the model would make ${cells} values at once; at most ${MOST_CELLS} are taken`,
    { tokens, cells, maxCells: MOST_CELLS },
  );
}

/** @throws EngineError INPUT_TOO_LONG where so many texts, or spans, of so many tokens are more than they may be */
export function refuseMoreTexts(field: string, texts: number, tokens: number): void {
  const all = texts * tokens;
  if (all <= MOST_TOKENS) return;
  throw tooLong(
    field,
    `makes ${all} tokens or spans for the model to read; at most ${MOST_TOKENS} are taken`,
    {
      ...{ tokens: all, maxTokens: MOST_TOKENS },
    },
  );
}

/** @throws EngineError INPUT_TOO_LONG where words, all padded to the longest, have more characters than they may */
export function refuseMoreCharacters(words: readonly { readonly text: string }[]): void {
  const longest = words.reduce((most, { text }) => Math.max(most, text.length), 0);
  const characters = words.length * longest;
  if (characters <= MOST_CHARACTERS) return;
  throw new EngineError(
    'INPUT_TOO_LONG',
    `The model reads ${words.length} words as if each had the ${longest} characters of the longest; at most ${MOST_CHARACTERS} characters in all are taken. Shorten it.`,
    { details: { characters, maxCharacters: MOST_CHARACTERS } },
  );
}

/** Refuses an instance that is too large for the graphs. @throws EngineError INPUT_TOO_LONG */
export function refuseLarge(
  instance: Instance,
  { cellsOf }: Pick<ArchiveModel, 'cellsOf'>,
  field: string,
): void {
  const { tokens, cells } = sizeOf(instance);
  refuseMoreCells(field, tokens, Math.max(cells, cellsOf?.(instance) ?? 0));
}

function tooLong(field: string, what: string, sizes: Readonly<Record<string, number>>): EngineError {
  return new EngineError('INPUT_TOO_LONG', `${field}: ${what}. Shorten it.`, {
    details: { field, ...sizes },
  });
}
