import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';
import type { AnyTask } from '../tasks/index.ts';
import type { CommonParameters } from '../tasks/parameters.ts';
import { InputError } from '../tasks/refusals.ts';
import { type TextInput, textInput } from '../tasks/text-input.ts';

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

/** @throws EngineError INVALID_PARAMETER with `field` */
export function parseParameters(task: AnyTask, parameters: unknown): CommonParameters {
  const parsed = task.parameters.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  const field = ['parameters', ...path].join('.');
  throw new EngineError('INVALID_PARAMETER', `${field}: ${reason}.`, { details: { field } });
}

function parseInput<T>(schema: z.ZodMiniType<T>, input: unknown, index?: number): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  throw new InputError(path.map((key) => `.${String(key)}`).join(''), reason, index);
}
