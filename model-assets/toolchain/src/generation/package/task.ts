/** Chooses the task of a model that generates: what the caller asks for, else what its card or its class says. */
import { GENERATION_TASKS, type GenerationTaskName } from '@pilotlight/model-format';
import { ToolchainError } from '../../errors.ts';
import { readCard } from '../../sources/card.ts';

/** The task, and the name by which `task_specific_params` of config.json may have parameters for it: `translation_en_to_de`. */
export interface GenerationTask {
  readonly task: GenerationTaskName;
  readonly specific: string;
}

/** Families that are trained for one task. */
const BY_FAMILY: Readonly<Record<string, GenerationTaskName>> = {
  marian: 'translation',
  pegasus: 'summarization',
};

/** `translation_en_to_de`, as pipelines of transformers name it. */
const LANGUAGES = /^translation_\w+_to_\w+$/;

/** @throws ToolchainError USAGE for a task that is none, SOURCE_INVALID for one that the model is not made for */
export function chooseGenerationTask(
  {
    family,
    hasEncoder,
    readme,
  }: { readonly family: string; readonly hasEncoder: boolean; readonly readme: string | undefined },
  asked: string | undefined,
): GenerationTask {
  if (asked !== undefined) {
    const task = LANGUAGES.test(asked) ? 'translation' : GENERATION_TASKS.find((name) => name === asked);
    if (task === undefined)
      throw new ToolchainError('USAGE', `--task '${asked}' must be one of ${GENERATION_TASKS.join(', ')}.`);
    if (fits(task, hasEncoder)) return { task, specific: asked };
    const does = GENERATION_TASKS.filter((name) => fits(name, hasEncoder)).join(', ');
    throw new ToolchainError(
      'SOURCE_INVALID',
      `A ${family} ${hasEncoder ? 'has an encoder' : 'has no encoder'}, so it does ${does}, not --task ${asked}.`,
    );
  }
  const tagged = GENERATION_TASKS.find((name) => name === readCard(readme, 'pipeline_tag'));
  const usual = BY_FAMILY[family] ?? (hasEncoder ? 'text2text-generation' : 'text-generation');
  const task = tagged !== undefined && fits(tagged, hasEncoder) ? tagged : usual;
  return { task, specific: task };
}

/** A decoder alone continues texts; with an encoder a text becomes another one. */
function fits(task: GenerationTaskName, hasEncoder: boolean): boolean {
  return (task !== 'text-generation') === hasEncoder;
}
