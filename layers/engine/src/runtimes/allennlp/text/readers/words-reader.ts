/** The dataset readers of taggers, which take the words of the predictor's spaCy: `sequence_tagging`, `conll2003`, `ontonotes_ner` and others. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type GivenText, givenText, tokenizeGiven } from '../given-text.ts';
import { openIndexers } from '../indexers/index.ts';
import { type Params, parseParams } from '../params.ts';
import type { TextArchive } from '../text-archive.ts';
import { textField, under } from '../text-field.ts';
import { openTokenizer } from '../tokenizers/index.ts';
import type { FieldText } from './field-text.ts';
import { commonReaderParams, indexersParam, training } from './reader-params.ts';

/** Their values are not there at a prediction, and the readers raise. */
const noFeatures = z.nullish(z.array(z.unknown()).check(z.maxLength(0)));

const ofWords = { ...commonReaderParams, token_indexers: indexersParam };

const ofConll = z.strictObject({
  ...ofWords,
  tag_label: training,
  feature_labels: noFeatures,
  coding_scheme: training,
  convert_to_coding_scheme: training,
  label_namespace: training,
});

/** Coding schemes and labels are those of training; at a prediction all of these read words alone. */
const schemas = {
  sequence_tagging: z.strictObject({ ...ofWords, word_tag_delimiter: training, token_delimiter: training }),
  conll2003: ofConll,
  conll2000: ofConll,
  ontonotes_ner: z.strictObject({ ...ofWords, domain_identifier: training, coding_scheme: training }),
  srl: z.strictObject({
    ...ofWords,
    domain_identifier: training,
    bert_model_name: z.optional(z.null()),
  }),
};
const WORDS_READERS: ReadonlyMap<string, z.ZodMiniType<unknown>> = new Map(Object.entries(schemas));

export interface WordsReader {
  /** Reads the JSON of `sentence_tagger`: `{"sentence"}` or `{"tokens"}`. @throws EngineError INVALID_INPUT with `field` */
  read(input: unknown, field: string): Promise<FieldText>;
  /** The words of the predictor: of a text by spaCy's rules, or as the client gave them. */
  words(given: GivenText): Promise<FieldText>;
}

/** @throws EngineError PACKAGE_INVALID for another reader, or one with parameters that are not supported */
export function openWordsReader(archive: TextArchive, reader: Params = archive.config.reader): WordsReader {
  const type = typeof reader.type === 'string' ? reader.type : '';
  const schema = WORDS_READERS.get(type);
  if (!schema) {
    throw new EngineError('PACKAGE_INVALID', `The dataset reader ${type} of a tagger is not supported.`);
  }
  parseParams(schema, reader, 'dataset_reader');
  const spacy = openTokenizer('spacy', { archive, path: 'predictor' });
  const indexers = openIndexers(reader.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const words = async (given: GivenText): Promise<FieldText> => {
    const tokens = await tokenizeGiven(given, spacy);
    return { tokens, tensors: under('tokens', await textField(tokens, indexers, given.field)) };
  };
  return { words, read: (input, field) => words(givenText(input, field, 'sentence', 'tokens')) };
}
