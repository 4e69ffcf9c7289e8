/** The dataset readers that tokenize one text: of classifiers and of language models. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type GivenText, givenText, tokenizeGiven } from '../given-text.ts';
import { openIndexers } from '../indexers/index.ts';
import { type Params, parseParams } from '../params.ts';
import type { TextArchive } from '../text-archive.ts';
import { textField, under } from '../text-field.ts';
import type { Token } from '../token.ts';
import { openTokenizer } from '../tokenizers/index.ts';
import type { FieldText } from './field-text.ts';
import { commonReaderParams, indexersParam, tokenizerParam, training } from './reader-params.ts';

const ofText = { ...commonReaderParams, token_indexers: indexersParam, tokenizer: tokenizerParam };
const wholeNumber = z.nullish(z.int().check(z.nonnegative()));

/** What is left of the tokens of a text. */
type Cut = (tokens: Token[]) => Token[];
const whole: Cut = (tokens) => tokens;

interface TextReaderKind {
  readonly defaultTokenizer: 'spacy' | 'whitespace';
  /** @throws EngineError PACKAGE_INVALID for parameters that are not supported */
  readonly cut: (reader: Params, path: string) => Cut;
}

const classificationSchema = z.strictObject({
  ...ofText,
  segment_sentences: z.optional(z.literal(false)),
  max_sequence_length: wholeNumber,
  skip_label_indexing: training,
  text_key: training,
  label_key: training,
});
const nextTokenSchema = z.strictObject({ ...ofText, max_tokens: wholeNumber });
const sstSchema = z.strictObject({ ...ofText, use_subtrees: training, granularity: training });
const maskedSchema = z.strictObject(ofText);

const KINDS: Readonly<Record<string, TextReaderKind>> = {
  text_classification_json: {
    defaultTokenizer: 'spacy',
    cut: (reader, path) => {
      const { max_sequence_length: most } = parseParams(classificationSchema, reader, path);
      return most == null ? whole : (tokens) => tokens.slice(0, most);
    },
  },
  sst_tokens: { defaultTokenizer: 'spacy', cut: (reader, path) => checked(sstSchema, reader, path) },
  masked_language_modeling: {
    defaultTokenizer: 'whitespace',
    cut: (reader, path) => checked(maskedSchema, reader, path),
  },
  next_token_lm: {
    defaultTokenizer: 'whitespace',
    cut: (reader, path) => {
      const { max_tokens: most } = parseParams(nextTokenSchema, reader, path);
      // A limit of 0 keeps all tokens, as a slice of Python does from -0.
      return most == null ? whole : (tokens) => tokens.slice(-most);
    },
  },
};

function checked(schema: z.ZodMiniType<unknown>, reader: Params, path: string): Cut {
  parseParams(schema, reader, path);
  return whole;
}

export interface TextReader {
  /** Reads the predictor's `{"sentence"}`, or its words as `{"tokens"}`. @throws EngineError INVALID_INPUT with `field` */
  read(input: unknown, field: string): Promise<FieldText>;
  text(given: GivenText): Promise<FieldText>;
}

/** @throws EngineError PACKAGE_INVALID for another reader, or one with parameters that are not supported */
export function openTextReader(
  archive: TextArchive,
  reader: Params = archive.config.reader,
  path = 'dataset_reader',
): TextReader {
  const type = typeof reader.type === 'string' ? reader.type : '';
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (!kind)
    throw new EngineError('PACKAGE_INVALID', `The dataset reader ${type} of ${path} is not supported.`);
  const cut = kind.cut(reader, path);
  const tokenizer = openTokenizer(reader.tokenizer ?? kind.defaultTokenizer, {
    archive,
    path: `${path}.tokenizer`,
  });
  const indexers = openIndexers(reader.token_indexers, { archive, path: `${path}.token_indexers` });
  const text = async (given: GivenText): Promise<FieldText> => {
    const tokens = cut(await tokenizeGiven(given, tokenizer));
    return { tokens, tensors: under('tokens', await textField(tokens, indexers, given.field)) };
  };
  return { text, read: (input, field) => text(givenText(input, field, 'sentence', 'tokens')) };
}
