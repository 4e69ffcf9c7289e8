/** The readers of classifiers, which take a text, or a premise and a hypothesis as one text: the field `tokens`. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { Instance } from '../instance.ts';
import { openIndexers, type TokenIndexers } from '../text/indexers/index.ts';
import { namedParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import type { Token } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { openPairReader } from './pair-reader.ts';
import { invalidInput, readSentenceInput } from './predictor-input.ts';
import { readerParams, readerSchema, unread } from './reader-params.ts';
import { requirePredictor } from './sentence-reader.ts';

const READERS = {
  text_classification_json: readerSchema({
    tokenizer: unread,
    max_sequence_length: z.nullish(z.int().check(z.positive())),
    /** Sentences of a text by themselves need an embedder and encoders that no model of AllenNLP has. */
    segment_sentences: z.optional(z.literal(false)),
    skip_label_indexing: unread,
    text_key: unread,
    label_key: unread,
  }),
  sst_tokens: readerSchema({
    tokenizer: unread,
    max_sequence_length: z.optional(z.undefined()),
    use_subtrees: unread,
    granularity: unread,
  }),
};

/** Tokenizers in whose place words can be given. */
const WORD_TOKENIZERS = ['spacy', 'whitespace', 'just_spaces'];

export interface TextReader {
  /** @throws EngineError INVALID_INPUT */
  read(input: unknown, field: string): Promise<Instance<undefined>>;
}

/** @throws EngineError PACKAGE_INVALID for a reader or a parameter that is not supported */
export function openTextReader(archive: TextArchive): TextReader {
  requirePredictor(archive, 'text_classifier', 'textual_entailment');
  if (archive.config.predictor === 'textual_entailment') return openCombinedReader(archive);
  const { params } = readerParams(archive, READERS);
  const { type } = namedParams(params.tokenizer, 'spacy', 'dataset_reader.tokenizer');
  const tokenizer = openTokenizer(params.tokenizer ?? 'spacy', { archive, path: 'dataset_reader.tokenizer' });
  const indexers = openIndexers(params.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const most = params.max_sequence_length ?? undefined;
  return {
    async read(input, field) {
      const { tokens, sentence = '' } = readSentenceInput(input, field);
      if (tokens && !WORD_TOKENIZERS.includes(type)) {
        throw invalidInput(
          `${field}.tokens`,
          `the model splits texts by its own tokenizer (${type}); send a sentence`,
        );
      }
      return toInstance((tokens ?? (await tokenizer.tokenize(sentence))).slice(0, most), indexers);
    },
  };
}

/** A premise and a hypothesis as one text, between the special tokens of a hub model. */
function openCombinedReader(archive: TextArchive): TextReader {
  const reader = openPairReader(archive);
  if (!reader.combines) {
    throw new EngineError(
      'PACKAGE_INVALID',
      'The reader gives a premise and a hypothesis as two fields, but the model takes one.',
    );
  }
  return {
    read: async (input, field) => toInstance(await reader.combine(input, field), reader.indexers),
  };
}

async function toInstance(tokens: readonly Token[], indexers: TokenIndexers): Promise<Instance<undefined>> {
  return { tensors: under('tokens', await textField(tokens, indexers)), metadata: undefined };
}
