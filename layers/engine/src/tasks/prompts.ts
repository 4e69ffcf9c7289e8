/** Prompts, which are put before a text that is to be embedded, because some models were trained to be told its purpose. */
import * as z from 'zod/mini';
import type { TaskContext } from '../ports.ts';
import { invalidParameter } from './refusals.ts';

export const promptParameters = {
  /** The name of one of the model's prompts: `query`, `passage`. @default - the model's default prompt, if it has one */
  prompt_name: z.optional(z.string()),
  /** A prompt of your own, in place of one of the model's; '' is none at all. */
  prompt: z.optional(z.string()),
};

interface PromptParameters {
  readonly prompt_name?: string | undefined;
  readonly prompt?: string | undefined;
}

/** Chooses the prompt of a text: the one that a call asks for, else the model's own. @throws EngineError INVALID_PARAMETER */
export function choosePrompt(parameters: PromptParameters, { taskDefaults }: TaskContext): string {
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
