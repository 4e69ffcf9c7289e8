import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import type { HubTokenizer } from '../hub.ts';
import { tokenizerKwargs } from '../hub-kwargs.ts';
import { foldsHub, longestSequence, namesHub, tokenTypes } from '../hub-limits.ts';
import { define, type Place } from '../registry.ts';
import type { Token } from '../token.ts';
import { fold, type Sequence } from './folding.ts';
import { type FieldTensors, idTensor, maskTensor, type TokenIndexer } from './indexer.ts';

export const transformerIndexerSchema = z.strictObject({
  model_name: z.string(),
  /** The namespace that the tokens of the hub model fill, for answers that show tokens. */
  namespace: z._default(z.string(), 'tags'),
  /** Longer texts are folded into segments of that many tokens. */
  max_length: z.nullish(z.int()),
  tokenizer_kwargs: z.nullish(tokenizerKwargs),
  token_min_padding_length: z._default(z.int(), 0),
});
export type TransformerIndexerOptions = z.infer<typeof transformerIndexerSchema>;

/** The ids that the tokens of a hub model have already. */
export const pretrainedTransformerIndexer = define({
  type: 'pretrained_transformer',
  schema: transformerIndexerSchema,
  open: (options, place): TokenIndexer => {
    const hub = openHub(options, place);
    return {
      index: async (tokens) => {
        const sequence = {
          ids: tokens.map((token) => token.textId ?? idOf(token, hub)),
          typeIds: tokens.map(({ typeId }) => typeId ?? 0),
        };
        return {
          mask: maskTensor(tokens.length, options.token_min_padding_length),
          ...(await pieceTensors(sequence, options, hub)),
        };
      },
    };
  },
});

/** The hub model of an indexer. */
export interface IndexerHub extends HubTokenizer {
  /** Tokens that its transformer reads at once; undefined where there is no end, or another embedder reads the ids. */
  readonly longest: number | undefined;
  /** Types of tokens that its transformer tells apart; undefined where another embedder reads them. */
  readonly types: number | undefined;
  /** Whether its embedder puts segments together again. */
  readonly folds: boolean;
}

/** Opens the tokenizer of the hub model, and fills the namespace of the indexer. */
export function openHub(options: TransformerIndexerOptions, { archive }: Place): IndexerHub {
  const { model_name: modelName } = options;
  const hub = archive.hub(modelName, options.tokenizer_kwargs ?? {});
  archive.vocabulary.addHub(hub.vocabulary, options.namespace);
  const { model } = archive.config;
  const isEmbedded = namesHub(model, modelName);
  return {
    ...hub,
    longest: isEmbedded ? longestSequence(hub.config) : undefined,
    types: isEmbedded ? tokenTypes(hub.config) : undefined,
    folds: !isEmbedded || foldsHub(model, modelName),
  };
}

/** The tensors of the pieces of a text, folded where the model takes fewer. */
export async function pieceTensors(
  sequence: Sequence,
  { max_length: maxLength, token_min_padding_length: least }: TransformerIndexerOptions,
  hub: IndexerHub,
): Promise<FieldTensors> {
  refuseLonger(Math.min(sequence.ids.length, maxLength ?? Number.POSITIVE_INFINITY), hub);
  const tensors = (indexed: Sequence) => {
    refuseTypes(indexed, hub);
    return {
      token_ids: idTensor(indexed.ids, { least: [least], padding: hub.padId }),
      type_ids: idTensor(indexed.typeIds, { least: [least] }),
    };
  };
  if (maxLength == null) return tensors(sequence);
  // Segments of a text that the embedder does not know of would be longer than its mask.
  if (!hub.folds) refuseLonger(sequence.ids.length, { ...hub, longest: maxLength });
  const specialTokens = await hub.specialTokens();
  const { start, end } = specialTokens.single;
  if (maxLength <= start.length + end.length) throw noRoom(maxLength);
  const folded = fold(sequence, maxLength, specialTokens);
  if (folded.ids.length === 0) {
    throw new EngineError(
      'INVALID_INPUT',
      'The text has no wordpieces, of which the model needs one at least.',
    );
  }
  return { ...tensors(folded), segment_concat_mask: maskTensor(folded.ids.length, least) };
}

function idOf({ text }: Token, { vocabulary, modelName }: HubTokenizer): number {
  const id = vocabulary.id(text) ?? vocabulary.id('[UNK]') ?? vocabulary.id('<unk>');
  if (id !== undefined) return id;
  throw new EngineError(
    'INVALID_INPUT',
    `${JSON.stringify(text.slice(0, 100))} is no token of ${modelName}.`,
  );
}

/** A transformer has no positions for more. */
function refuseLonger(tokens: number, { longest, modelName }: IndexerHub): void {
  if (longest === undefined || tokens <= longest) return;
  throw new EngineError(
    'INPUT_TOO_LONG',
    `The text has ${tokens} tokens, but ${modelName} reads at most ${longest}. Shorten it.`,
    { details: { tokens, maxTokens: longest } },
  );
}

/** A second text has tokens of another type, which some families have no vectors for. */
function refuseTypes({ typeIds }: Sequence, { types, modelName }: IndexerHub): void {
  const type = typeIds.reduce((greatest, each) => Math.max(greatest, each), 0);
  if (types === undefined || type === 0 || type < types) return;
  throw new EngineError(
    'INVALID_INPUT',
    `The text has tokens of type ${type}, but ${modelName} tells ${types} types of tokens apart: AllenNLP refuses it, too.`,
    { details: { type, types } },
  );
}

function noRoom(maxLength: number): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    `The archive's max_length ${maxLength} leaves no room beside the special tokens.`,
  );
}
