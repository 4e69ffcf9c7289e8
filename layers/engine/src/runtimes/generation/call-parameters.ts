/** The parameters of a call beside those of its search: what becomes of the input, and how long the call may take. */
import { listOf, ownValue, parseUntilFault } from '@pilotlight/model-format';
import { didYouMean, locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { invalidParameters } from '../../predict/given-parameters.ts';
import { invalidParameter } from '../../tasks/refusals.ts';
import { parseSearchParameters, type SearchParameters } from './search/parameters.ts';

const may = <Schema extends z.ZodMiniType>(schema: Schema) => z.optional(z.nullable(schema));
const language = z.string().check(z.minLength(1), z.maxLength(100));

const inputParametersSchema = z.strictObject({
  /** Code of the language of the input, of models that have languages. */
  src_lang: may(language),
  /** Code of the language to generate: its token is forced to be the first. */
  tgt_lang: may(language),
  /** Whether an input that is too long is cut, or the tokens that are kept of it. */
  truncate: may(z.union([z.boolean(), z.int().check(z.minimum(1))])),
  /** Whether log probabilities of the prompt are told. */
  prompt_logprobs: may(z.boolean()),
  /** Further values for the chat template. */
  chat_template_kwargs: may(z.record(z.string(), z.unknown())),
  tools: may(listOf(z.unknown()).check(z.maxLength(1_000))),
  add_generation_prompt: may(z.boolean()),
  continue_final_message: may(z.boolean()),
});
type InputParameters = z.infer<typeof inputParametersSchema>;

const INPUT_PARAMETERS: readonly string[] = Object.keys(inputParametersSchema.shape);

export interface CallParameters {
  readonly input: InputParameters;
  readonly search: SearchParameters;
}

/** Languages of a model, by their codes. */
type Languages = Readonly<Record<string, number>> | undefined;

/** @throws EngineError INVALID_PARAMETER with `field` */
export function parseCallParameters(parameters: unknown, languages: Languages): CallParameters {
  const given = parameters ?? {};
  if (typeof given !== 'object' || Array.isArray(given))
    throw invalidParameters('parameters', 'must be an object.');
  const [own, others] = [true, false].map((isOwn) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => INPUT_PARAMETERS.includes(name) === isOwn)),
  );
  const parsed = parseUntilFault(inputParametersSchema, own);
  if (!parsed.success) {
    const { path, reason } = locateFault(parsed.error.issues[0]);
    throw invalidParameters(['parameters', ...path].join('.'), `${reason}.`);
  }
  const search = parseSearchParameters(others);
  return { input: parsed.data, search: { ...search, ...forcedLanguage(parsed.data, languages) } };
}

function forcedLanguage({ tgt_lang: code }: InputParameters, languages: Languages): SearchParameters {
  if (code === null || code === undefined) return {};
  const id = ownValue(languages ?? {}, code);
  if (id !== undefined) return { forced_bos_token_id: id };
  const codes = Object.keys(languages ?? {});
  throw invalidParameter(
    'tgt_lang',
    codes.length === 0
      ? 'this model has no languages to choose from; leave it out'
      : `the model has no language '${code}'${didYouMean(code, codes)}`,
  );
}
