/** The readers of taggers, which take a sentence or its words: the field `tokens`, and the words for the answer. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { Instance } from '../instance.ts';
import { openIndexers } from '../text/indexers/index.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { type Token, wordsOf } from '../text/token.ts';
import { invalidInput } from './predictor-input.ts';
import { readerParams, readerSchema, unread } from './reader-params.ts';
import { openSentenceTokenizer } from './sentence-tokenizer.ts';

/** Features beside the words come of a data set; AllenNLP's predictor fails without them. */
const noFeatures = z.optional(z.array(z.string()).check(z.maxLength(0)));

const columns = readerSchema({
  tag_label: unread,
  feature_labels: noFeatures,
  coding_scheme: unread,
  convert_to_coding_scheme: unread,
  label_namespace: unread,
});
const READERS = {
  sequence_tagging: readerSchema({ word_tag_delimiter: unread, token_delimiter: unread }),
  conll2003: columns,
  conll2000: columns,
  ontonotes_ner: readerSchema({ domain_identifier: unread, coding_scheme: unread }),
};

export interface SentenceMetadata {
  readonly words: readonly string[];
}

export interface SentenceReader {
  /**
   * Makes the instance of a sentence; none where it has no words and the model answers that too.
   *
   * @throws EngineError INVALID_INPUT for a sentence without words
   */
  read(input: unknown, field: string): Promise<readonly Instance<SentenceMetadata>[]>;
}

/** `answersNothing` says that AllenNLP's model gives an empty answer for a sentence without words, where others raise. */
export function openSentenceReader(archive: TextArchive, answersNothing = false): SentenceReader {
  requirePredictor(archive, 'sentence_tagger');
  readerParams<unknown>(archive, READERS);
  const indexers = openIndexers(archive.config.reader.token_indexers, {
    archive,
    path: 'dataset_reader.token_indexers',
  });
  const tokenizer = openSentenceTokenizer(archive);
  return {
    async read(input, field) {
      const { tokens, key } = await tokenizer.tokenize(input, field);
      if (tokens.length === 0) {
        if (answersNothing) return [];
        throw withoutWords(`${field}.${key}`);
      }
      return [{ tensors: await wordTensors('tokens', tokens), metadata: { words: wordsOf(tokens) } }];
    },
  };

  async function wordTensors(name: string, tokens: readonly Token[]) {
    return under(name, await textField(tokens, indexers));
  }
}

export function withoutWords(field: string): EngineError {
  return invalidInput(field, 'must have at least one word');
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
