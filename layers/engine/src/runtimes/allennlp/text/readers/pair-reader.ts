/** The dataset readers of pairs, `snli` and `quora_paraphrase`: two fields, or with the tokenizer of a hub model both texts in one. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { givenText, tokenizeGiven } from '../given-text.ts';
import { openIndexers } from '../indexers/index.ts';
import type { FieldTensors } from '../indexers/indexer.ts';
import { parseParams } from '../params.ts';
import type { TextArchive } from '../text-archive.ts';
import { textField, under } from '../text-field.ts';
import type { Token } from '../token.ts';
import { openTokenizer } from '../tokenizers/index.ts';
import { isPretrained } from '../tokenizers/pretrained-transformer.ts';
import { commonReaderParams, indexersParam, tokenizerParam, training } from './reader-params.ts';

const ofPairs = {
  ...commonReaderParams,
  tokenizer: tokenizerParam,
  token_indexers: indexersParam,
  combine_input_fields: z.nullish(z.boolean()),
};
const schema = z.discriminatedUnion('type', [
  z.strictObject({ ...ofPairs, type: z.literal('snli'), collapse_labels: training }),
  z.strictObject({ ...ofPairs, type: z.literal('quora_paraphrase') }),
]);
/** `keepsWords`: whether the answers of models have them. */
const KINDS = {
  snli: { defaultTokenizer: 'spacy', keepsWords: true },
  quora_paraphrase: { defaultTokenizer: 'whitespace', keepsWords: false },
} as const;

/** A premise and a hypothesis as the model reads them. */
export interface Pair {
  /** The tokens of the two texts, with the special tokens that stand around each where they are not combined. */
  readonly premise: readonly Token[];
  readonly hypothesis: readonly Token[];
  /** The tokens of both texts in one. @default - the model has a field for each */
  readonly combined?: readonly Token[] | undefined;
  /** Of `tokens`, or of `premise` and `hypothesis`. */
  readonly tensors: FieldTensors;
}

export interface PairReader {
  readonly keepsWords: boolean;
  /** Reads the JSON of `textual_entailment`: `{"premise", "hypothesis"}`. @throws EngineError INVALID_INPUT with `field` */
  read(input: unknown, field: string): Promise<Pair>;
}

/** @throws EngineError PACKAGE_INVALID for another reader, or one with parameters that are not supported */
export function openPairReader(archive: TextArchive): PairReader {
  const options = parseParams(schema, archive.config.reader, 'dataset_reader');
  const { defaultTokenizer, keepsWords } = KINDS[options.type];
  const tokenizer = openTokenizer(options.tokenizer ?? defaultTokenizer, {
    archive,
    path: 'dataset_reader.tokenizer',
  });
  if (isPretrained(tokenizer) && tokenizer.addsSpecialTokens) {
    throw new EngineError(
      'PACKAGE_INVALID',
      `The tokenizer of the reader ${options.type} must not add special tokens.`,
    );
  }
  const indexers = openIndexers(options.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const combines = options.combine_input_fields ?? isPretrained(tokenizer);
  return {
    keepsWords,
    async read(input, field) {
      const first = await tokenizeGiven(givenText(input, field, 'premise'), tokenizer);
      const second = await tokenizeGiven(givenText(input, field, 'hypothesis'), tokenizer);
      if (combines) {
        const combined = await tokenizer.addSpecialTokens(first, second);
        const tensors = under('tokens', await textField(combined, indexers, field));
        return { premise: first, hypothesis: second, combined, tensors };
      }
      const premise = await tokenizer.addSpecialTokens(first);
      const hypothesis = await tokenizer.addSpecialTokens(second);
      const tensors = {
        ...under('premise', await textField(premise, indexers, `${field}.premise`)),
        ...under('hypothesis', await textField(hypothesis, indexers, `${field}.hypothesis`)),
      };
      return { premise, hypothesis, tensors };
    },
  };
}
