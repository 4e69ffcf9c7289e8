/** The parameters of a call that say how its text is searched: names and meanings are those of `generate` of transformers, some are OpenAI's. */
import { listOf, parseUntilFault } from '@pilotlight/model-format';
import { locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { invalidParameters } from '../../../predict/given-parameters.ts';
import { hintAt } from '../../../predict/parameter-hints.ts';
import { withoutUnsupported } from './unsupported-parameters.ts';

/** Ids and lists of a call: many more than any model or caller has use for. */
const MOST_ID = 10_000_000;
const MOST_LISTED = 100_000;
/** Tokens that end a text; beams keep as many candidates more. */
const MOST_ENDS = 256;
/** What a score is changed by: all that a call may list together are no infinity in float32. */
const MOST_BIAS = 1e30;
/** Beams or samples of one input. */
const MOST_SEQUENCES = 256;
/** Characters of a text that matters to every step. */
const MOST_CHARACTERS = 10_000;

const id = z.int().check(z.minimum(0), z.maximum(MOST_ID));
const ids = listOf(id).check(z.minLength(1), z.maxLength(MOST_LISTED));
const endIds = listOf(id).check(z.minLength(1), z.maxLength(MOST_ENDS));
const idOrIds = z.union([id, endIds], `must be an id, or a list of 1 to ${MOST_ENDS} ids`);
const count = z.int().check(z.minimum(0), z.maximum(MOST_ID));
const atLeastOne = z.int().check(z.minimum(1), z.maximum(MOST_ID));
const sequences = z.int().check(z.minimum(1), z.maximum(MOST_SEQUENCES));
const number = z.number();
const bias = z.number().check(z.minimum(-MOST_BIAS), z.maximum(MOST_BIAS));
const positive = z.number().check(z.positive());
const share = z.number().check(z.minimum(0), z.maximum(1));
const positiveShare = z.number().check(z.positive(), z.maximum(1));
const stopText = z.string().check(z.minLength(1), z.maxLength(1000));
const penalty = z.number().check(z.minimum(-2), z.maximum(2));

const grammar = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('json_schema'),
    schema: z.union([z.boolean(), z.record(z.string(), z.unknown())]),
  }),
  z.strictObject({
    kind: z.literal('regex'),
    pattern: z.string().check(z.minLength(1), z.maxLength(MOST_CHARACTERS)),
  }),
]);

/** The part of a name that errors repeat. */
const SHOWN_CHARACTERS = 100;

/** Every parameter may be null, which unsets the model's default. */
const may = <Schema extends z.ZodMiniType>(schema: Schema) => z.optional(z.nullable(schema));

const searchParametersSchema = z.strictObject({
  max_new_tokens: may(atLeastOne),
  max_length: may(atLeastOne),
  min_new_tokens: may(count),
  min_length: may(count),
  /** Seconds. */
  max_time: may(positive),
  stop_strings: may(z.union([stopText, listOf(stopText).check(z.minLength(1), z.maxLength(64))])),
  eos_token_id: may(idOrIds),
  pad_token_id: may(z.int()),
  bos_token_id: may(id),
  decoder_start_token_id: may(id),
  decoder_input_ids: may(z.union([ids, listOf(ids).check(z.length(1))])),

  do_sample: may(z.boolean()),
  /** The same text comes again by the same seed. */
  seed: may(z.int()),
  temperature: may(positive),
  top_h: may(positiveShare),
  top_k: may(count),
  top_p: may(share),
  min_p: may(share),
  typical_p: may(positiveShare),
  epsilon_cutoff: may(share),
  eta_cutoff: may(share),

  num_beams: may(sequences),
  num_return_sequences: may(sequences),
  length_penalty: may(number),
  early_stopping: may(z.union([z.boolean(), z.literal('never')])),
  renormalize_logits: may(z.boolean()),

  repetition_penalty: may(positive),
  encoder_repetition_penalty: may(positive),
  presence_penalty: may(penalty),
  frequency_penalty: may(penalty),
  no_repeat_ngram_size: may(count),
  encoder_no_repeat_ngram_size: may(count),
  bad_words_ids: may(listOf(ids).check(z.minLength(1), z.maxLength(MOST_LISTED))),
  suppress_tokens: may(listOf(id).check(z.maxLength(MOST_LISTED))),
  begin_suppress_tokens: may(listOf(id).check(z.maxLength(MOST_LISTED))),
  sequence_bias: may(listOf(z.tuple([ids, bias])).check(z.minLength(1), z.maxLength(MOST_LISTED))),
  /** By id, as OpenAI writes it. */
  logit_bias: may(
    z.record(
      z.string().check(z.regex(/^(?:0|[1-9]\d{0,7})$/, 'must have ids as its names')),
      z.number().check(z.minimum(-100), z.maximum(100)),
    ),
  ),
  forced_bos_token_id: may(id),
  forced_eos_token_id: may(idOrIds),
  remove_invalid_values: may(z.boolean()),
  exponential_decay_length_penalty: may(z.tuple([z.int(), positive])),

  grammar: may(grammar),
  /** The best tokens that are told in the place of each. */
  top_n_tokens: may(z.int().check(z.minimum(0), z.maximum(100))),
  /** Has no effect on the text: a cache is always used. */
  use_cache: may(z.boolean()),
});
export type SearchParameters = z.infer<typeof searchParametersSchema>;

/** Names of the parameters that a search has. What else a call may say, such as `src_lang`, its caller takes out first. */
export const SEARCH_PARAMETERS: readonly string[] = Object.keys(searchParametersSchema.shape);

/**
 * Reads the parameters of a call. A null unsets what generation_config.json says, as None does in `generate`.
 *
 * @throws EngineError INVALID_PARAMETER with `field`
 */
export function parseSearchParameters(parameters: unknown): SearchParameters {
  const parsed = parseUntilFault(searchParametersSchema, withoutUnsupported(parameters ?? {}));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const name = issue.keys[0]?.slice(0, SHOWN_CHARACTERS) ?? '';
    throw invalidParameters(`parameters.${name}`, `is not known${hintAt(name, SEARCH_PARAMETERS)}`);
  }
  const { path, reason } = locateFault(issue);
  throw invalidParameters(['parameters', ...path].join('.'), `${reason}.`);
}
