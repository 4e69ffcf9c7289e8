/** Parameters of generation as the clients of Hugging Face send them: those of text-generation-inference (TGI), and those of transformers. */
import { listOf } from '@pilotlight/model-format';
import * as z from 'zod/mini';
import { parseBody, refuseField } from '../../http/request/parse.ts';

const flag = z.nullish(z.boolean());
const nested = z.nullish(z.record(z.string(), z.unknown()));
const texts = z.nullish(z.union([z.string(), listOf(z.string())], 'must be a text, or a list of texts'));

/** Those that are not passed on to the engine as they are. */
const schema = z.object({
  parameters: z.looseObject({
    return_full_text: flag,
    return_text: flag,
    details: flag,
    decoder_input_details: flag,
    best_of: z.nullish(z.int().check(z.positive())),
    stop: texts,
    stop_sequences: texts,
    stop_strings: texts,
    grammar: z.nullish(z.object({ type: z.enum(['json', 'regex', 'json_schema']), value: z.unknown() })),
    watermark: flag,
    adapter_id: z.nullish(z.string()),
    generate_parameters: nested,
    generation_parameters: nested,
    generate_kwargs: nested,
  }),
});

export interface HubParameters {
  /** For the engine, by the names of `generate`. */
  readonly engine: Readonly<Record<string, unknown>>;
  /** Whether the prompt stands before what was generated. @default - what the route does */
  readonly fullText: boolean | undefined;
  /** Whether the answer has the tokens. */
  readonly details: boolean;
  /** Sequences of which the best one is the answer. */
  readonly bestOf: number;
}

export interface HubReading {
  /** Whether tokens are drawn where a temperature or the like is given and `do_sample` is not, as TGI has it. */
  readonly warpersDraw: boolean;
}

/** Values that change no probability. */
const NEUTRAL: Readonly<Record<string, number>> = { temperature: 1, top_k: 0, top_p: 1, typical_p: 1 };

/** @throws EngineError INVALID_INPUT with `field` */
export function readHubParameters(
  given: Readonly<Record<string, unknown>>,
  { warpersDraw }: HubReading,
): HubParameters {
  const {
    return_full_text,
    return_text,
    details,
    decoder_input_details,
    best_of,
    stop,
    stop_sequences,
    stop_strings,
    grammar,
    watermark,
    adapter_id,
    generate_parameters,
    generation_parameters,
    generate_kwargs,
    ...own
  } = parseBody(schema, { parameters: given }).parameters;
  if (watermark) throw refuseField('parameters.watermark', 'is not done here; leave it out');
  if (adapter_id) throw refuseField('parameters.adapter_id', 'is not done here; package the merged model');
  if (return_text === false) throw refuseField('parameters.return_text', 'must be true: the answer is text');
  const stops = [stop, stop_sequences, stop_strings].flatMap((list) => list ?? []);
  const passedOn = { ...generate_kwargs, ...generation_parameters, ...generate_parameters, ...own };
  return {
    engine: {
      ...passedOn,
      ...(warpersDraw && isDrawn(passedOn) && { do_sample: true }),
      ...(stops.length > 0 && { stop_strings: stops }),
      ...(grammar && { grammar: engineGrammar(grammar) }),
      ...(decoder_input_details && { prompt_logprobs: true }),
      ...(best_of && best_of > 1 && { num_return_sequences: best_of }),
    },
    fullText: return_full_text ?? undefined,
    details: details === true || decoder_input_details === true,
    bestOf: best_of ?? 1,
  };
}

function isDrawn(parameters: Readonly<Record<string, unknown>>): boolean {
  const { do_sample, num_beams } = parameters;
  if ((do_sample ?? undefined) !== undefined || (num_beams ?? 1) !== 1) return false;
  return Object.entries(NEUTRAL).some(([name, neutral]) => (parameters[name] ?? neutral) !== neutral);
}

/** TGI takes a schema as an object, or as its text; OpenAI's kind has it one level below. */
function engineGrammar({ type, value }: { readonly type: string; readonly value?: unknown }): object {
  if (type === 'regex') return { kind: 'regex', pattern: value };
  const { schema = value }: { schema?: unknown } = type === 'json_schema' ? Object(value) : {};
  return { kind: 'json_schema', schema: typeof schema === 'string' ? parseSchema(schema) : schema };
}

function parseSchema(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuseField('parameters.grammar.value', 'must be a JSON schema');
  }
}

/** TGI and OpenAI take null for what is not given; `generate` unsets the model's own value by it. */
export function withoutNulls(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => (value ?? undefined) !== undefined));
}
