import {
  parseUntilFault,
  TRANSFORMERS_JS_TASKS,
  type TransformersJsTaskName,
} from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { givenParameters } from '../../predict/given-parameters.ts';
import type { Parameters } from './runtime.ts';

export interface ModelParameters {
  /** The second argument of the task, where it has one. */
  readonly second: unknown;
  readonly others: Parameters;
}

const text = z.string().check(z.minLength(1), z.maxLength(1000));
const SECOND = {
  candidate_labels: z.array(text).check(z.minLength(1), z.maxLength(1000)),
  question: text,
} as const;

const scalar = z.union([z.boolean(), z.number(), z.string().check(z.maxLength(10_000))]);
const schema = z.record(z.string(), z.nullable(z.union([scalar, z.array(scalar).check(z.maxLength(1000))])));

/** The largest value of each count. The library fails on a value that is no count, and works for as long as it is told to. */
const COUNTS = {
  top_k: 1000,
  max_new_tokens: 1024,
  max_length: 4096,
} as const;

/** The library decodes greedily and gives one sequence, whatever these say. */
const ONLY_ONE = ['num_beams', 'num_return_sequences'] as const;

/**
 * Numbers, texts and lists of them. The library knows what they mean, and ignores those that it does not know. Those that
 * say how much it does are bounded.
 *
 * @throws EngineError INVALID_PARAMETER with `field`
 */
export function parseModelParameters(task: TransformersJsTaskName, parameters: unknown): ModelParameters {
  const parsed = parseUntilFault(schema, givenParameters(parameters));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(
      ['parameters', ...(issue?.path ?? [])].join('.'),
      'must be a number, a text, true or false, or a list of these',
    );
  }
  for (const [name, most] of Object.entries(COUNTS)) {
    const value = parsed.data[name] ?? 1;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) continue;
    throw invalid(`parameters.${name}`, `must be a whole number from 1 to ${most}`);
  }
  for (const name of ONLY_ONE) {
    if ((parsed.data[name] ?? 1) === 1) continue;
    throw invalid(
      `parameters.${name}`,
      'must be 1, because transformers.js searches no beams; package the model without --runtime transformers.js, where its family is supported',
    );
  }
  checkChunks(parsed.data);
  const { second: name } = TRANSFORMERS_JS_TASKS[task];
  if (name === undefined) return { second: undefined, others: parsed.data };
  const { [name]: given, ...others } = parsed.data;
  const second = SECOND[name].safeParse(given);
  if (second.success) return { second: second.data, others };
  throw invalid(
    `parameters.${name}`,
    name === 'question' ? 'must be a text' : 'must be a list of 1 to 1000 texts',
  );
}

/**
 * Recordings are cut into chunks that overlap by a stride on either side. transformers.js goes forward by the chunk less twice the
 * stride, without end where that is nothing.
 */
function checkChunks({ chunk_length_s, stride_length_s }: Parameters): void {
  const chunk = chunk_length_s ?? 0;
  const stride = stride_length_s ?? 0;
  if (chunk !== 0 && !(typeof chunk === 'number' && chunk >= 1)) {
    throw invalid('parameters.chunk_length_s', 'must be 0, which is not to cut, or at least 1 second');
  }
  if (typeof stride === 'number' && stride >= 0 && stride <= chunk / 3) return;
  throw invalid('parameters.stride_length_s', 'must be from 0 to a third of chunk_length_s');
}

function invalid(field: string, reason: string): EngineError {
  return new EngineError('INVALID_PARAMETER', `${field}: ${reason}.`, { details: { field } });
}
