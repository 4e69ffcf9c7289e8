/** The wire format of Hugging Face inference endpoints: what it means to the engine, and how results look in it. */
import type { TaskName } from '@pilotlight/engine';
import { EngineError } from '@pilotlight/engine';
import { HttpError } from './errors.ts';
import { type PredictRequest, predictRequest } from './predict-request.ts';

/** @throws EngineError INVALID_INPUT with `field`, HttpError TOO_MANY_INPUTS */
export function parsePredictRequest(body: unknown, maxInputs: number): PredictRequest {
  const parsed = predictRequest.safeParse(body);
  if (!parsed.success) throw invalid(parsed.error.issues[0]);
  const { inputs } = parsed.data;
  if (!Array.isArray(inputs)) return parsed.data;
  if (inputs.length === 0) throw refuse('inputs', 'must not be empty');
  if (inputs.length > maxInputs) {
    throw new HttpError(
      'TOO_MANY_INPUTS',
      `${inputs.length} inputs in one call; at most ${maxInputs} are taken.`,
      {
        details: { field: 'inputs', inputs: inputs.length, maxInputs },
      },
    );
  }
  return parsed.data;
}

/** Python clients count characters in code points, so that is the default here; the engine's is UTF-16. */
const DEFAULTS: Partial<Record<TaskName, Record<string, unknown>>> = {
  'token-classification': { offset_unit: 'codepoint' },
  'question-answering': { offset_unit: 'codepoint' },
};

/** Parameters for the engine; those in `parameters` win over those beside it. */
export function taskParameters(request: PredictRequest, task: TaskName): Record<string, unknown> {
  const { truncate, normalize, parameters } = request;
  return {
    ...DEFAULTS[task],
    ...(truncate === undefined ? {} : { truncate }),
    ...(normalize === undefined ? {} : { normalize }),
    ...parameters,
  };
}

/** Results as the clients of each task expect them, for one input and for a list. */
const SHAPES: Record<TaskName, (results: readonly unknown[], many: boolean) => unknown> = {
  'text-classification': (results) => results,
  'token-classification': eachOrOnly,
  'question-answering': eachOrOnly,
  'fill-mask': eachOrOnly,
  'zero-shot-classification': eachOrOnly,
  'sentence-similarity': eachOrOnly,
  'text-ranking': eachOrOnly,
  'feature-extraction': (results, many) => (many || !isVector(results[0]) ? results : results[0]),
};

export function shapeResults(task: TaskName, results: readonly unknown[], many: boolean): unknown {
  return SHAPES[task](results, many);
}

function eachOrOnly(results: readonly unknown[], many: boolean): unknown {
  return many ? results : results[0];
}

function isVector(features: unknown): boolean {
  return Array.isArray(features) && typeof features[0] === 'number';
}

interface Issue {
  readonly code?: string | undefined;
  readonly keys?: readonly string[];
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function invalid(issue: Issue | undefined): EngineError {
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys?.[0] : undefined;
  if (unknownKey !== undefined) return refuse(unknownKey.slice(0, 100), 'is not known');
  const field = issue?.path.map(String).join('.') || 'body';
  return refuse(field, issue?.message ?? 'is not valid');
}

function refuse(field: string, reason: string): EngineError {
  return new EngineError('INVALID_INPUT', `${field}: ${reason}.`, { details: { field } });
}
