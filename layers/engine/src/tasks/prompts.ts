/** What is put before a text that is to be embedded: some models were trained to be told what it is for. */
import * as z from 'zod/mini';
import type { TaskContext } from '../ports.ts';
import { invalidParameter } from './refusals.ts';

export const promptParameters = {
  /** The name of one of the model's prompts: `query`, `passage`. @default - the model's default prompt, if it has one */
  prompt_name: z.optional(z.string()),
  /** A prompt of one's own, in place of one of the model's; '' is none at all. */
  prompt: z.optional(z.string()),
};

interface PromptParameters {
  readonly prompt_name?: string | undefined;
  readonly prompt?: string | undefined;
}

/** What is put before a text: the prompt that a call asks for, else the model's own. @throws EngineError INVALID_PARAMETER */
export function promptOf(parameters: PromptParameters, { taskDefaults }: TaskContext): string {
  const { prompt, prompt_name: name = prompt === undefined ? taskDefaults?.defaultPrompt : undefined } =
    parameters;
  if (name === undefined) return prompt ?? '';
  if (prompt !== undefined)
    throw invalidParameter('prompt_name', 'does not go with "prompt"; send one of them');
  const prompts = new Map(Object.entries(taskDefaults?.prompts ?? {}));
  const found = prompts.get(name);
  if (found !== undefined) return found;
  const names = [...prompts.keys()];
  throw invalidParameter(
    'prompt_name',
    names.length === 0 ? 'this model has no prompts' : `must be one of ${names.join(', ')}`,
  );
}
