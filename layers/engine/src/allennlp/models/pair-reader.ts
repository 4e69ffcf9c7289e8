/** The reader of textual entailment: a premise and a hypothesis, as two fields or as one. */
import * as z from 'zod/mini';
import type { Instance } from '../instance.ts';
import { openIndexers, type TokenIndexers } from '../text/indexers/index.ts';
import { namedParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { type Token, wordsOf } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { parseInput } from './predictor-input.ts';
import { readerParams, readerSchema, unread } from './reader-params.ts';
import { requirePredictor } from './sentence-reader.ts';

const READERS = {
  snli: readerSchema({
    tokenizer: unread,
    combine_input_fields: z.nullish(z.boolean()),
    collapse_labels: unread,
  }),
};

/** A text, or its words. */
const text = z.union([z.string(), z.array(z.string())], 'must be a text, or a list of its words');
const pair = z.object({ premise: text, hypothesis: text });

export interface PairMetadata {
  readonly premise: readonly string[];
  readonly hypothesis: readonly string[];
}

export interface PairReader {
  /** Whether both are one text. */
  readonly combines: boolean;
  readonly indexers: TokenIndexers;
  /** The tokens of both as one text. @throws EngineError INVALID_INPUT */
  combine(input: unknown, field: string): Promise<readonly Token[]>;
  /** Both as fields of their own. @throws EngineError INVALID_INPUT */
  read(input: unknown, field: string): Promise<Instance<PairMetadata>>;
}

/** @throws EngineError PACKAGE_INVALID for a reader or a parameter that is not supported */
export function openPairReader(archive: TextArchive): PairReader {
  requirePredictor(archive, 'textual_entailment');
  const { params } = readerParams(archive, READERS);
  const tokenizer = openTokenizer(params.tokenizer ?? 'spacy', { archive, path: 'dataset_reader.tokenizer' });
  const { type } = namedParams(params.tokenizer, 'spacy', 'dataset_reader.tokenizer');
  const indexers = openIndexers(params.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const split = async (given: z.infer<typeof text>): Promise<readonly Token[]> =>
    typeof given === 'string' ? tokenizer.tokenize(given) : given.map((word) => ({ text: word }));
  return {
    combines: params.combine_input_fields ?? type === 'pretrained_transformer',
    indexers,
    async combine(input, field) {
      const { premise, hypothesis } = parseInput(pair, input, field);
      return tokenizer.addSpecialTokens(await split(premise), await split(hypothesis));
    },
    async read(input, field) {
      const { premise, hypothesis } = parseInput(pair, input, field);
      const first = await tokenizer.addSpecialTokens(await split(premise));
      const second = await tokenizer.addSpecialTokens(await split(hypothesis));
      return {
        tensors: {
          ...under('premise', await textField(first, indexers)),
          ...under('hypothesis', await textField(second, indexers)),
        },
        metadata: { premise: wordsOf(first), hypothesis: wordsOf(second) },
      };
    },
  };
}
