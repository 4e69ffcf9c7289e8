/** The reader of textual entailment: a premise and a hypothesis, as two fields or as one. */
import * as z from 'zod/mini';
import type { Instance } from '../instance.ts';
import { givenText, tokenizeGiven } from '../text/given-text.ts';
import { openIndexers, type TokenIndexers } from '../text/indexers/index.ts';
import { namedParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { type Token, wordsOf } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { readerParams, readerSchema, unread } from './reader-params.ts';
import { requirePredictor } from './sentence-reader.ts';

const READERS = {
  snli: readerSchema({
    tokenizer: unread,
    combine_input_fields: z.nullish(z.boolean()),
    collapse_labels: unread,
  }),
};

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
  const split = async (input: unknown, field: string) => {
    const [premise, hypothesis] = [givenText(input, field, 'premise'), givenText(input, field, 'hypothesis')];
    return [await tokenizeGiven(premise, tokenizer), await tokenizeGiven(hypothesis, tokenizer)] as const;
  };
  return {
    combines: params.combine_input_fields ?? type === 'pretrained_transformer',
    indexers,
    async combine(input, field) {
      return tokenizer.addSpecialTokens(...(await split(input, field)));
    },
    async read(input, field) {
      const [premise, hypothesis] = await split(input, field);
      const first = await tokenizer.addSpecialTokens(premise);
      const second = await tokenizer.addSpecialTokens(hypothesis);
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
