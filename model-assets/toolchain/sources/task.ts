/** Which task a model is for: what is asked for, checked against what config.json says. */
import type { TaskName } from '@pilotlight/engine/manifest';
import { ToolchainError } from '../errors.ts';
import type { Head } from '../graph/architecture.ts';

export const HEAD_OF_TASK: Readonly<Record<TaskName, Head>> = {
  'text-classification': 'sequence-classification',
  'token-classification': 'token-classification',
  'question-answering': 'question-answering',
  'fill-mask': 'masked-lm',
  'zero-shot-classification': 'sequence-classification',
  'text-ranking': 'sequence-classification',
  'feature-extraction': 'none',
  'sentence-similarity': 'none',
};

/** Endings of the class names of transformers, the same in every family. */
const TASK_OF_ENDING: readonly (readonly [ending: RegExp, task: TaskName])[] = [
  [/ForSequenceClassification$/, 'text-classification'],
  [/ForTokenClassification$/, 'token-classification'],
  [/Model$/, 'feature-extraction'],
];

/**
 * The task to package for. Any checkpoint has a base model, so `feature-extraction` can always be asked for.
 * Throws SOURCE_INVALID when a head is asked for that the checkpoint does not have, and when nothing says which.
 */
export function taskOf(architectures: readonly string[], asked: TaskName | undefined): TaskName {
  const [architecture] = architectures;
  const found = TASK_OF_ENDING.find(
    ([ending]) => architecture !== undefined && ending.test(architecture),
  )?.[1];
  if (asked === 'feature-extraction') return asked;
  if (architecture === undefined) {
    if (asked !== undefined) return asked;
    throw new ToolchainError(
      'SOURCE_INVALID',
      'config.json names no architecture: say which --task the model is for.',
    );
  }
  if (found === undefined) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The head of ${architecture} is not supported; its hidden states can be served with --task feature-extraction.`,
    );
  }
  if (asked !== undefined && asked !== found) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `config.json says ${architecture}, which does ${found}, not --task ${asked}.`,
    );
  }
  return found;
}
