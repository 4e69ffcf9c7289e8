/** What a search goes by, from the parameters of a call, what generation_config.json says beneath them, and the rules of `generate`. */
import type { GenerationFacts } from '@pilotlight/model-format';
import { invalidParameter } from '../../../tasks/refusals.ts';
import { checkOptions } from './check-options.ts';
import { parseSearchParameters, SEARCH_PARAMETERS, type SearchParameters } from './parameters.ts';
import type { Sampling, SearchOptions } from './search-options.ts';
import { isUnsupported } from './unsupported-parameters.ts';

/** Lengths of one input. */
export interface SearchSizes {
  /** Ids of the decoder before the first new token: the prompt, or the start tokens of a model with an encoder. */
  readonly inputTokens: number;
  /** @default - any length */
  readonly maxPositions?: number | undefined;
  readonly vocabSize: number;
}

/** New tokens of a call that says no length, of a model that says none: transformers' number. */
const NEW_TOKENS = 20;

/**
 * Settles what a search goes by. A seed is drawn where tokens are to be drawn and the call has none.
 *
 * @throws EngineError INVALID_PARAMETER with `field`, where parameters do not go together or do not go with the input
 */
export function resolveOptions(
  parameters: SearchParameters,
  facts: GenerationFacts,
  sizes: SearchSizes,
): SearchOptions {
  const given: SearchParameters = { ...readDefaults(facts), ...parameters };
  const options: SearchOptions = {
    maxNewTokens: newTokens(given, sizes),
    minNewTokens: given.min_new_tokens ?? Math.max(0, (given.min_length ?? 0) - sizes.inputTokens),
    // Unset, no token ends a text, as in `generate`.
    eos: given.eos_token_id === null ? [] : [...new Set(listed(given.eos_token_id) ?? facts.eos)],
    numBeams: given.num_beams ?? 1,
    numReturnSequences: given.num_return_sequences ?? 1,
    lengthPenalty: given.length_penalty ?? 1,
    earlyStopping: given.early_stopping ?? false,
    renormalize: given.renormalize_logits ?? false,
    ...(given.do_sample === true && { sampling: sampling(given) }),
    repetitionPenalty: given.repetition_penalty ?? 1,
    encoderRepetitionPenalty: given.encoder_repetition_penalty ?? 1,
    presencePenalty: given.presence_penalty ?? 0,
    frequencyPenalty: given.frequency_penalty ?? 0,
    noRepeatNgramSize: given.no_repeat_ngram_size ?? 0,
    encoderNoRepeatNgramSize: given.encoder_no_repeat_ngram_size ?? 0,
    badWords: given.bad_words_ids ?? [],
    suppress: given.suppress_tokens ?? [],
    beginSuppress: given.begin_suppress_tokens ?? [],
    sequenceBias: given.sequence_bias ?? [],
    logitBias: Object.entries(given.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias] as const),
    forcedBos: given.forced_bos_token_id ?? undefined,
    forcedEos: listed(given.forced_eos_token_id),
    removeInvalid: given.remove_invalid_values ?? false,
    exponentialDecay: given.exponential_decay_length_penalty ?? undefined,
    stopStrings: listed(given.stop_strings) ?? [],
    grammar: given.grammar ?? undefined,
    topTokens: given.top_n_tokens ?? 0,
  };
  checkOptions(options, sizes.vocabSize);
  return options;
}

/**
 * Reads what generation_config.json says of a search. Names that are no parameters of a search are left out, as transformers keeps them
 * without a use.
 *
 * @throws EngineError INVALID_PARAMETER with `field`, where it says what is not supported
 */
export function readDefaults({ defaults }: Pick<GenerationFacts, 'defaults'>): SearchParameters {
  const known = Object.entries(defaults).filter(
    ([name, value]) => value !== null && (SEARCH_PARAMETERS.includes(name) || isUnsupported(name)),
  );
  return parseSearchParameters(Object.fromEntries(known));
}

/**
 * `max_new_tokens` goes before `max_length`, which counts the prompt too. No text is longer than the model has positions for; the last
 * token of all needs none. A prompt that has too many tokens by itself is refused before.
 */
function newTokens({ max_new_tokens, max_length }: SearchParameters, sizes: SearchSizes): number {
  const { inputTokens, maxPositions = Number.POSITIVE_INFINITY } = sizes;
  const room = Math.max(1, maxPositions - inputTokens + 1);
  if (max_new_tokens != null) return Math.min(max_new_tokens, room);
  if (max_length == null) return Math.min(NEW_TOKENS, Math.max(1, room - 1));
  if (max_length > inputTokens) return Math.min(max_length - inputTokens, room);
  const reason = `is ${max_length}, which the ${inputTokens} tokens of the prompt fill: use max_new_tokens`;
  throw invalidParameter('max_length', reason);
}

/** The defaults of transformers where tokens are drawn. */
function sampling(given: SearchParameters): Sampling {
  return {
    seed: given.seed ?? Math.floor(Math.random() * 2 ** 32),
    temperature: given.temperature ?? 1,
    topH: given.top_h ?? 0,
    topK: given.top_k === null ? 0 : (given.top_k ?? 50),
    topP: given.top_p ?? 1,
    minP: given.min_p ?? 0,
    typicalP: given.typical_p ?? 1,
    epsilonCutoff: given.epsilon_cutoff ?? 0,
    etaCutoff: given.eta_cutoff ?? 0,
  };
}

function listed<Value>(value: Value | readonly Value[] | null | undefined): readonly Value[] | undefined {
  if (value === null || value === undefined) return undefined;
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
}
