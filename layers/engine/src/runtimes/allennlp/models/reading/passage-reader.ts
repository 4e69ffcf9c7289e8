/** Reads a passage and a question: the words of both, cut to the limits of the reader, with the tensors of both fields. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { toUtf16 } from '../../../../math/offsets.ts';
import { invalidInput } from '../../input-fields.ts';
import { type GivenText, givenText, tokenizeGiven } from '../../text/given-text.ts';
import { openIndexers } from '../../text/indexers/index.ts';
import type { FieldTensors } from '../../text/indexers/indexer.ts';
import { codePoints } from '../../text/python-text.ts';
import { commonReaderParams, indexersParam, tokenizerParam } from '../../text/readers/reader-params.ts';
import type { TextArchive } from '../../text/text-archive.ts';
import { textField, under } from '../../text/text-field.ts';
import type { Token } from '../../text/token.ts';
import { openTokenizer } from '../../text/tokenizers/index.ts';

/** A text with its words. */
export interface ReadText {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Where each word is in the text, in code points, the end exclusive. */
  readonly offsets: readonly CharacterSpan[];
}

export type CharacterSpan = readonly [start: number, end: number];

export interface PassageMetadata {
  readonly passage: ReadText;
  readonly question: ReadText;
}

export interface PassageReader {
  /** @throws EngineError INVALID_INPUT with `field`, also for a text without words */
  read(input: unknown, field: string): Promise<PassageMetadata & { readonly tensors: FieldTensors }>;
}

export interface PassageReaderOptions {
  readonly tokenizer?: unknown;
  readonly token_indexers?: unknown;
  readonly passage_length_limit?: number | null | undefined;
  readonly question_length_limit?: number | null | undefined;
  /** Changes the words of both texts. @default - they are those of the tokenizer */
  readonly divide?: (tokens: readonly Token[]) => readonly Token[];
  /** A word that stands behind those of the passage, and means that it has no answer. */
  readonly no_answer_token?: string | null | undefined;
}

const limit = z.nullish(z.int().check(z.positive()));

/** What readers of a passage and a question take. */
export const passageParams = {
  ...commonReaderParams,
  tokenizer: tokenizerParam,
  token_indexers: indexersParam,
  passage_length_limit: limit,
  question_length_limit: limit,
};

/** @throws EngineError PACKAGE_INVALID for a tokenizer or an indexer that is not supported */
export function openPassageReader(archive: TextArchive, options: PassageReaderOptions): PassageReader {
  const place = (path: string) => ({ archive, path: `dataset_reader.${path}` });
  const tokenizer = openTokenizer(options.tokenizer, place('tokenizer'));
  const indexers = openIndexers(options.token_indexers, place('token_indexers'));
  const { divide = (tokens) => tokens, no_answer_token: noAnswer } = options;
  const wordsOf = async (given: GivenText, limit: number | null | undefined) => {
    const tokens = divide(await tokenizeGiven(given, tokenizer)).slice(0, limit ?? undefined);
    if (tokens.length > 0) return tokens;
    throw invalidInput(given.field, 'must have at least one word');
  };
  return {
    async read(input, field) {
      const passage = givenText(input, field, 'passage');
      const question = givenText(input, field, 'question');
      const limit = options.passage_length_limit;
      const room = limit != null && noAnswer != null ? limit - 1 : limit;
      const passageWords = await wordsOf(passage, room);
      const texts = {
        passage: readText(
          passage.text,
          noAnswer == null ? passageWords : withNoAnswer(passageWords, noAnswer),
        ),
        question: readText(question.text, await wordsOf(question, options.question_length_limit)),
      };
      const tensors = {
        ...under('passage', await textField(texts.passage.tokens, indexers, passage.field)),
        ...under('question', await textField(texts.question.tokens, indexers, question.field)),
      };
      return { ...texts, tensors };
    },
  };
}

/** @throws EngineError PACKAGE_INVALID where the tokenizer gives no offsets, without which AllenNLP cannot read either */
export function readText(text: string, tokens: readonly Token[]): ReadText {
  const offsets = tokens.map(({ idx, text: word }): CharacterSpan => {
    if (idx !== undefined) return [idx, idx + codePoints(word)];
    throw new EngineError(
      'PACKAGE_INVALID',
      'The tokenizer of the archive gives no offsets, by which answers are found in the passage.',
    );
  });
  return { text, tokens, offsets };
}

/** The part of a text between two offsets in code points. */
export function sliceText({ text }: Pick<ReadText, 'text'>, [start, end]: CharacterSpan): string {
  const at = toUtf16(text);
  return text.slice(at(start), at(end));
}

/** From the beginning of one word to the end of another. */
export function spanOf({ offsets }: ReadText, first: number, last: number): CharacterSpan {
  return [offsets[first]?.[0] ?? 0, offsets[last]?.[1] ?? 0];
}

function withNoAnswer(words: readonly Token[], noAnswer: string): Token[] {
  const last = words.at(-1);
  const idx = (last?.idx ?? 0) + codePoints(last?.text ?? '') + 1;
  return [...words, { text: noAnswer, idx, lemma: noAnswer }];
}
