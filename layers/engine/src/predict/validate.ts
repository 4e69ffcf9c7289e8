import { parseUntilFault } from '@pilotlight/model-format';
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';
import type { AnyTask } from '../tasks/index.ts';
import type { CommonParameters } from '../tasks/parameters.ts';
import { InputError } from '../tasks/refusals.ts';
import { type TextInput, textInput } from '../tasks/text-input.ts';
import { hintAt } from './parameter-hints.ts';

/** Parameters of one call: many more than any task has. */
const MOST_PARAMETERS = 100;
/** The part of a name that errors repeat. */
const SHOWN_CHARACTERS = 100;

/** Reads one input as the task does, or says why it cannot. */
export function tryInput(task: AnyTask, input: unknown): { value?: unknown; error?: EngineError } {
  try {
    return { value: parseInput(task.input, input) };
  } catch (error) {
    if (error instanceof EngineError) return { error };
    throw error;
  }
}

/** Checks one input or many by the schema of the task. @throws EngineError INVALID_INPUT with `field` */
export function parseInputs(task: AnyTask, inputs: unknown): readonly unknown[] {
  if (!Array.isArray(inputs)) return [parseInput(task.input, inputs)];
  return inputs.map((input: unknown, index) => parseInput(task.input, input, index));
}

/** Checks texts and pairs of texts that are to be tokenised. @throws EngineError INVALID_INPUT with `field` */
export function parseTexts(inputs: readonly unknown[]): TextInput[] {
  return inputs.map((input, index) => parseInput(textInput, input, index));
}

/**
 * Reads parameters as the task does. One that is null is not there: clients in Java and C# send nulls for all that nobody set.
 *
 * @throws EngineError INVALID_PARAMETER with `field`
 */
export function parseParameters(task: AnyTask, parameters: unknown): CommonParameters {
  const parsed = parseUntilFault(task.parameters, withoutNulls(parameters ?? {}));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys')
    throw unknownParameter(issue.keys[0] ?? '', Object.keys(task.parameters.shape));
  const { path, reason } = locateFault(issue);
  throw invalid(['parameters', ...path].join('.'), `${reason}.`);
}

function withoutNulls(parameters: object): object {
  if (Array.isArray(parameters)) return parameters;
  const given = Object.entries(parameters);
  if (given.length > MOST_PARAMETERS)
    throw invalid('parameters', `must have at most ${MOST_PARAMETERS} names, not ${given.length}.`);
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}

function unknownParameter(name: string, known: readonly string[]): EngineError {
  const shown = name.slice(0, SHOWN_CHARACTERS);
  return invalid(`parameters.${shown}`, `is not known${hintAt(shown, known)}`);
}

function invalid(field: string, sentence: string): EngineError {
  return new EngineError('INVALID_PARAMETER', `${field}: ${sentence}`, { details: { field } });
}

function parseInput<T>(schema: z.ZodMiniType<T>, input: unknown, index?: number): T {
  const parsed = parseUntilFault(schema, input);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  const place = path.map((key) => `.${String(key).slice(0, SHOWN_CHARACTERS)}`).join('');
  throw new InputError(place, reason, index);
}
