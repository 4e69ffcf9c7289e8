/** What the encoders of a model make of each token or character, as its configuration tells of it. */
import { longestSequence } from '../text/hub-limits.ts';
import type { Params, TextArchive } from '../text/text-archive.ts';
import { partsOf } from './config-parts.ts';

export interface Attention {
  /** Heads of the widest encoder; 0 where no encoder has any. */
  readonly heads: number;
  /** Tokens that a token is attended with at most, where texts are read in segments. */
  readonly reach: number;
}

/** The names that configurations have for the number of heads. */
const HEADS = [
  'num_attention_heads',
  'num_heads',
  'n_head',
  'n_heads',
  'encoder_attention_heads',
  'decoder_attention_heads',
];
/** Of `bidirectional_language_model_transformer`, which has no parameter for them. */
const FIXED_HEADS = 8;

export function attentionOf(archive: TextArchive): Attention {
  const parts = [...partsOf(archive.config.model)];
  const hubs = hubConfigs(archive, parts);
  const [, ...inner] = parts;
  const own = Math.max(0, ...[...parts, ...hubs].flatMap(headsOf));
  const ofHub = hubs.map((config) => longestSequence(config) ?? Number.POSITIVE_INFINITY);
  const isHubAlone = inner.every((part) => headsOf(part).length === 0) && hubs.length > 0;
  return {
    heads: own,
    reach: isHubAlone ? Math.max(...ofHub) : Number.POSITIVE_INFINITY,
  };
}

/** The widest filter of `cnn` where a configuration names none. */
const USUAL_FILTER = 5;

/** Values that an encoder of the characters of words has for each: those that a filter reads of them, or its outputs; 0 without one. */
export function characterWidth(model: Params): number {
  const encoders = [...partsOf(model)].filter(({ type }) => type === 'character_encoding');
  return Math.max(0, ...encoders.flatMap((encoder) => [...partsOf(encoder)].map(widthOf)));
}

function widthOf({ embedding_dim, num_filters, hidden_size, filters, ngram_filter_sizes }: Params): number {
  const widest = Math.max(...numbers(ngram_filter_sizes), USUAL_FILTER);
  return Math.max(
    0,
    widest * Math.max(0, ...numbers(embedding_dim)),
    ...numbers([num_filters, hidden_size, filters]),
  );
}

function numbers(value: unknown): number[] {
  return [value].flat(3).filter((each) => typeof each === 'number');
}

function headsOf(part: Params): number[] {
  const fixed = part.type === 'bidirectional_language_model_transformer' ? [FIXED_HEADS] : [];
  const named = HEADS.map((name) => part[name]).filter((heads) => typeof heads === 'number');
  return [...fixed, ...named];
}

/** The configurations of the hub models that are parts of the model. */
function hubConfigs(archive: TextArchive, parts: readonly Params[]): Params[] {
  const names = parts.flatMap(({ model_name, bert_model, transformer_model_name }) =>
    [model_name, bert_model, transformer_model_name].filter((name) => typeof name === 'string'),
  );
  return [...new Set(names)].map((name) => archive.hubConfig(name)).filter((config) => config !== undefined);
}
