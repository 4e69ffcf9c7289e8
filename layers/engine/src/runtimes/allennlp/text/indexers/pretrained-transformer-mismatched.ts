import { define } from '../registry.ts';
import { openPretrained } from '../tokenizers/pretrained-transformer.ts';
import { maskTensor, pairTensor, type TokenIndexer } from './indexer.ts';
import { openHub, pieceTensors, transformerIndexerSchema } from './pretrained-transformer.ts';

/** The place of a word without pieces, whose vector is zeros. */
const NOWHERE = [-1, -1] as const;

/** The pieces of words that another tokenizer made, and the offsets of each word among them, both ends inclusive. */
export const pretrainedTransformerMismatched = define({
  type: 'pretrained_transformer_mismatched',
  schema: transformerIndexerSchema,
  open: (options, place): TokenIndexer => {
    const hub = openHub(options, place);
    const { model_name, tokenizer_kwargs, token_min_padding_length: least } = options;
    const tokenizer = openPretrained({ model_name, tokenizer_kwargs }, place);
    return {
      index: async (words) => {
        const { tokens, offsets } = await tokenizer.tokenizeWords(words.map(({ text }) => text));
        const sequence = {
          ids: tokens.map(({ textId = 0 }) => textId),
          typeIds: tokens.map(({ typeId = 0 }) => typeId),
        };
        return {
          mask: maskTensor(words.length, least),
          offsets: pairTensor(
            offsets.map((offset) => offset ?? NOWHERE),
            least,
          ),
          wordpiece_mask: maskTensor(tokens.length, least),
          ...(await pieceTensors(sequence, options, hub)),
        };
      },
    };
  },
});
