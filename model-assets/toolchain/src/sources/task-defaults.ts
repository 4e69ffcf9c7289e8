/** Reads how results are made by default, where the files of the model say so. */
import { type OnnxManifest, TASK_FACTS, type TaskName } from '@pilotlight/model-format';
import type { SourceFolder } from './folder.ts';
import type { HuggingFaceConfig } from './hugging-face.ts';
import { sentenceEmbedding } from './sentence-transformers.ts';

/**
 * Chooses the function that turns logits into scores, by the rule of the pipelines of transformers: multi-label classifiers and those with
 * one label score each by itself, regressions not at all. For embeddings, how sentence-transformers pools.
 */
export function readTaskDefaults(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  task: TaskName,
  labels: readonly string[],
): OnnxManifest['taskDefaults'] {
  if (TASK_FACTS[task].head === 'none') return sentenceEmbedding(folder);
  if (TASK_FACTS[task].head !== 'sequence-classification') return undefined;
  if (config.problem_type === 'regression') return { functionToApply: 'none' };
  const eachByItself = config.problem_type === 'multi_label_classification' || labels.length === 1;
  return eachByItself ? { functionToApply: 'sigmoid' } : undefined;
}
