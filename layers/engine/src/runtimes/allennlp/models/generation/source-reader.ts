/** The dataset readers of generation: `seq2seq` and `cnn_dm` put symbols around the source or cut it, `copynet_seq2seq` does not. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { invalidInput } from '../../input-fields.ts';
import { featureMissing, givenText, tokenizeGiven } from '../../text/given-text.ts';
import { openIndexers } from '../../text/indexers/index.ts';
import type { FieldTensors } from '../../text/indexers/indexer.ts';
import { parseParams } from '../../text/params.ts';
import { commonReaderParams } from '../../text/readers/reader-params.ts';
import type { TextArchive } from '../../text/text-archive.ts';
import { textField, under } from '../../text/text-field.ts';
import type { Token } from '../../text/token.ts';
import { openTokenizer } from '../../text/tokenizers/index.ts';
import { requirePredictor } from '../input-checks.ts';

export interface Source {
  readonly tokens: readonly Token[];
  /** The tensors of the text field `source_tokens`. */
  readonly tensors: FieldTensors;
}

export interface SourceReader {
  /** @throws EngineError INVALID_INPUT with `field` */
  read(input: unknown, field: string): Promise<Source>;
}

const ignored = z.optional(z.unknown());
const ofSource = {
  source_tokenizer: z.optional(z.unknown()),
  source_token_indexers: z.optional(z.unknown()),
};
const ofTarget = { target_tokenizer: ignored, target_token_indexers: ignored };
const limit = z.nullish(z.int().check(z.nonnegative()));

const schemas = {
  seq2seq: z.strictObject({
    ...commonReaderParams,
    ...ofSource,
    ...ofTarget,
    source_add_start_token: z._default(z.boolean(), true),
    source_add_end_token: z._default(z.boolean(), true),
    start_symbol: z._default(z.string(), '@start@'),
    end_symbol: z._default(z.string(), '@end@'),
    source_max_tokens: limit,
    target_add_start_token: ignored,
    target_add_end_token: ignored,
    target_max_tokens: ignored,
    delimiter: ignored,
    quoting: ignored,
  }),
  cnn_dm: z.strictObject({
    ...commonReaderParams,
    ...ofSource,
    ...ofTarget,
    source_prefix: z.nullish(z.string()),
    source_max_tokens: limit,
    target_max_tokens: ignored,
  }),
  copynet_seq2seq: z.strictObject({
    ...commonReaderParams,
    ...ofSource,
    target_tokenizer: ignored,
    target_namespace: z.string(),
  }),
};

/** What a reader does with the tokens of the source. */
interface Around {
  readonly prefix: string;
  readonly maxTokens: number;
  readonly start: readonly Token[];
  readonly end: readonly Token[];
}

const PLAIN: Around = { prefix: '', maxTokens: Number.POSITIVE_INFINITY, start: [], end: [] };

/** @throws EngineError PACKAGE_INVALID for a predictor, a reader or a part of it that is not supported */
export function openSourceReader(archive: TextArchive): SourceReader {
  requirePredictor(archive, 'seq2seq');
  const { prefix, maxTokens, start, end } = readAround(archive);
  const { source_tokenizer, source_token_indexers } = archive.config.reader;
  const place = (path: string) => ({ archive, path: `dataset_reader.${path}` });
  const tokenizer = openTokenizer(source_tokenizer, place('source_tokenizer'));
  const indexers = openIndexers(source_token_indexers, place('source_token_indexers'));
  const features = featuresOf(source_token_indexers);
  return {
    async read(input, field) {
      const given = givenText(input, field, hasTokens(input) ? 'tokens' : 'source');
      const text = given.words ? given : { ...given, text: prefix + given.text };
      const words = withoutEntities(await tokenizeGiven(text, tokenizer), given.words !== undefined);
      checkFeatures(words, features, given.field);
      const tokens = [...start, ...words.slice(0, maxTokens), ...end];
      if (tokens.length === 0) throw invalidInput(given.field, 'must have at least one token');
      return { tokens, tensors: under('source_tokens', await textField(tokens, indexers, given.field)) };
    },
  };
}

function readAround({ config }: TextArchive): Around {
  const { reader } = config;
  switch (reader.type) {
    case 'seq2seq': {
      const read = parseParams(schemas.seq2seq, reader, 'dataset_reader');
      return {
        ...PLAIN,
        maxTokens: read.source_max_tokens || PLAIN.maxTokens,
        start: read.source_add_start_token ? [{ text: read.start_symbol }] : [],
        end: read.source_add_end_token ? [{ text: read.end_symbol }] : [],
      };
    }
    case 'cnn_dm': {
      const read = parseParams(schemas.cnn_dm, reader, 'dataset_reader');
      return {
        ...PLAIN,
        prefix: read.source_prefix ?? '',
        maxTokens: read.source_max_tokens ?? PLAIN.maxTokens,
      };
    }
    case 'copynet_seq2seq':
      parseParams(schemas.copynet_seq2seq, reader, 'dataset_reader');
      return PLAIN;
    default:
      throw new EngineError(
        'PACKAGE_INVALID',
        `The dataset reader ${JSON.stringify(reader.type)} of a model that generates text is not supported.`,
      );
  }
}

/** Words of a client go before the text that they are of. */
function hasTokens(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'tokens' in input && input.tokens !== undefined;
}

/** A word of a client without `ent_type` is in no entity, which spaCy says by an empty one. */
function withoutEntities(words: readonly Token[], areGiven: boolean): readonly Token[] {
  if (!areGiven) return words;
  return words.map((word) => ({ ...word, entType: word.entType ?? '' }));
}

/** Features of tokens that spaCy gives, by the names that `single_id` has for them. */
const FEATURES = {
  lemma_: 'lemma',
  pos_: 'pos',
  tag_: 'tag',
  dep_: 'dep',
  ent_type_: 'entType',
} as const satisfies Record<string, keyof Token>;

const withFeature = z.object({ feature_name: z.optional(z.string()) });

/** The features that indexers read. */
function featuresOf(indexers: unknown): (keyof typeof FEATURES)[] {
  const names = Object.values(Object(indexers)).map(
    (indexer) => z.safeParse(withFeature, indexer).data?.feature_name ?? '',
  );
  return names.filter(isFeature);
}

/**
 * Looks that the words of a source have the features that the indexers read. An indexer has a value for tokens without one, but
 * that is for the symbols around the source.
 *
 * @throws EngineError INVALID_INPUT with `field`
 */
function checkFeatures(
  words: readonly Token[],
  features: readonly (keyof typeof FEATURES)[],
  field: string,
): void {
  for (const name of features) {
    if (words.every((word) => word[FEATURES[name]] !== undefined)) continue;
    throw featureMissing(field, name.replace(/_$/, ''));
  }
}

function isFeature(name: string): name is keyof typeof FEATURES {
  return Object.hasOwn(FEATURES, name);
}
