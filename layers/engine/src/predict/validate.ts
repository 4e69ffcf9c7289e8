import { EngineError, faultOf } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';
import type { AnyTask } from '../tasks/index.ts';
import type { CommonParameters } from '../tasks/parameters.ts';
import { type TextInput, textInput } from '../tasks/text-input.ts';

/** One input as the task reads it, or why it does not. */
export function tryInput(task: AnyTask, input: unknown): { value?: unknown; error?: EngineError } {
  try {
    return { value: parse(task.input, input, 'INVALID_INPUT', 'inputs') };
  } catch (error) {
    if (error instanceof EngineError) return { error };
    throw error;
  }
}

/** One input or many, each checked by the task. @throws EngineError INVALID_INPUT with `field` */
export function parseInputs(task: AnyTask, inputs: unknown): readonly unknown[] {
  if (!Array.isArray(inputs)) return [parse(task.input, inputs, 'INVALID_INPUT', 'inputs')];
  return inputs.map((input: unknown, i) => parse(task.input, input, 'INVALID_INPUT', `inputs[${i}]`));
}

/** Texts and pairs of texts to tokenise. @throws EngineError INVALID_INPUT with `field` */
export function parseTexts(inputs: readonly unknown[]): TextInput[] {
  return inputs.map((input, i) => parse(textInput, input, 'INVALID_INPUT', `inputs[${i}]`));
}

/** The error of a task about one input, as one about an input of a list. */
export function inList(error: EngineError, index: number): EngineError {
  const { field } = error.details;
  if (typeof field !== 'string' || !/^inputs\b(?!\[)/.test(field)) return error;
  const place = (name: string): string => name.replace(/^inputs/, `inputs[${index}]`);
  const details = { ...error.details, field: place(field) };
  return new EngineError(error.code, place(error.message), { details, cause: error });
}

/** @throws EngineError INVALID_PARAMETER with `field` */
export function parseParameters(task: AnyTask, parameters: unknown): CommonParameters {
  return parse(task.parameters, parameters, 'INVALID_PARAMETER', 'parameters');
}

function parse<T>(
  schema: z.ZodMiniType<T>,
  value: unknown,
  code: 'INVALID_INPUT' | 'INVALID_PARAMETER',
  name: string,
): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, reason } = faultOf(parsed.error.issues[0]);
  const field = [name, ...path].join('.');
  throw new EngineError(code, `${field}: ${reason}.`, { details: { field } });
}
