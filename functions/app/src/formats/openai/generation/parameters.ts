/** Parameters of OpenAI's calls in the words of `generate`. */
import { refuseField } from '../../../http/request/parse.ts';
import type { ServedModel } from '../../../serve/ports.ts';
import { type HubParameters, readHubParameters, withoutNulls } from '../../generation/hub-parameters.ts';
import type { CommonRequest } from './requests.ts';

/** Whatever it is that is not done is refused by its name: a client would take the answer for what it asked for. */
const NOT_DONE = [
  'functions',
  'function_call',
  'audio',
  'prediction',
  'web_search_options',
  'suffix',
] as const;

export interface OpenAiParameters {
  readonly engine: Readonly<Record<string, unknown>>;
  /** Texts that are answered for each prompt. */
  readonly n: number;
  /** Texts that are generated for each of them. */
  readonly candidates: number;
  readonly stops: readonly string[];
  /** What the call says beside OpenAI's names: those of Hugging Face's clients. */
  readonly hub: HubParameters;
}

export interface Settled {
  readonly maxNewTokens: number;
  /** Alternatives of each token. @default - none are told */
  readonly topTokens: number | undefined;
}

/**
 * OpenAI draws tokens unless the temperature is 0, as TGI and vLLM do in its format; `do_sample` and beams say otherwise.
 *
 * @throws EngineError INVALID_INPUT with `field`
 */
export function readParameters(
  request: CommonRequest,
  { maxNewTokens, topTokens }: Settled,
): OpenAiParameters {
  for (const name of NOT_DONE) {
    if ((request[name] ?? undefined) !== undefined) throw refuseField(name, 'is not done here; leave it out');
  }
  const { temperature, top_p, n, best_of, seed, logit_bias, presence_penalty, frequency_penalty } = request;
  const stops = [request.stop].flatMap((list) => list ?? []);
  const hub = readHubParameters(withoutNulls(othersOf(request)), { warpersDraw: false });
  const candidates = Math.max(n ?? 1, best_of ?? 1);
  if (best_of && best_of < (n ?? 1)) throw refuseField('best_of', 'must be at least n');
  const { do_sample, num_beams = 1 } = hub.engine;
  const isGreedy = temperature === 0 || num_beams !== 1;
  const given = {
    ...hub.engine,
    max_new_tokens: maxNewTokens,
    do_sample: do_sample ?? !isGreedy,
    ...(!isGreedy && { temperature, top_p }),
    presence_penalty,
    frequency_penalty,
    seed,
    logit_bias,
    ...(candidates > 1 && { num_return_sequences: candidates }),
    ...(stops.length > 0 && { stop_strings: stops }),
    ...grammarOf(request.response_format),
    top_n_tokens: topTokens,
  };
  return { engine: withoutNulls(given), n: n ?? 1, candidates, stops, hub };
}

/**
 * OpenAI draws from all tokens, and has no name for anything else. `generate` of transformers would take the best 50 of them, unless
 * the call or the model's generation_config.json says another number.
 */
export function drawnFromAll(
  { manifest }: ServedModel,
  engine: OpenAiParameters['engine'],
): OpenAiParameters['engine'] {
  const { top_k } = manifest.runtime === 'generation' ? manifest.generation.defaults : {};
  return (top_k ?? undefined) !== undefined || engine.do_sample !== true ? engine : { top_k: 0, ...engine };
}

function grammarOf(format: CommonRequest['response_format']): { readonly grammar?: object } {
  switch (format?.type) {
    case 'json_object':
      return { grammar: { kind: 'json_schema', schema: { type: 'object' } } };
    case 'json_schema':
      return { grammar: { kind: 'json_schema', schema: format.json_schema.schema } };
    case 'json':
      return { grammar: { kind: 'json_schema', schema: format.value } };
    case 'regex':
      return { grammar: { kind: 'regex', pattern: format.value } };
    default:
      return {};
  }
}

/** The fields of a body that OpenAI has no name for. */
function othersOf(request: CommonRequest): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !OWN.has(name)));
}

const OWN: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'messages',
  'stream',
  'stream_options',
  'n',
  'best_of',
  'echo',
  'logprobs',
  'top_logprobs',
  'stop',
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'seed',
  'max_tokens',
  'max_completion_tokens',
  'response_format',
  'suffix',
  'tools',
  'tool_choice',
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'parallel_tool_calls',
]);
