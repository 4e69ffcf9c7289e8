/** How results are made by default, where the files of the model say so. */
import type { Manifest, TaskName } from '@pilotlight/engine/manifest';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';
import type { HuggingFaceConfig } from './hugging-face.ts';
import { HEAD_OF_TASK } from './task.ts';

/** modules.json of sentence-transformers: the steps after the transformer, in order. */
const modulesSchema = z.array(z.looseObject({ path: z.string().regex(/^[\w.-]*$/), type: z.string() }));

const poolingSchema = z.looseObject({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
});

/**
 * What turns logits into scores, as the pipelines of transformers choose it: multi-label classifiers and those with
 * one label score each by itself, regressions not at all. For embeddings, how sentence-transformers pools.
 */
export function taskDefaultsOf(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  task: TaskName,
  labels: readonly string[],
): Manifest['taskDefaults'] {
  if (HEAD_OF_TASK[task] === 'none') return sentenceEmbedding(folder);
  if (HEAD_OF_TASK[task] !== 'sequence-classification') return undefined;
  if (config.problem_type === 'regression') return { functionToApply: 'none' };
  const eachByItself = config.problem_type === 'multi_label_classification' || labels.length === 1;
  return eachByItself ? { functionToApply: 'sigmoid' } : undefined;
}

function sentenceEmbedding(folder: SourceFolder): Manifest['taskDefaults'] {
  const modules = folder.json('modules.json', modulesSchema);
  const pooling = modules?.find(({ type }) => type.endsWith('.Pooling'));
  if (!modules || !pooling) return undefined;
  const settings = folder.json(`${pooling.path}/config.json`, poolingSchema);
  const modes = [
    ...(settings?.pooling_mode_cls_token ? ['cls' as const] : []),
    ...(settings?.pooling_mode_mean_tokens ? ['mean' as const] : []),
    ...(settings?.pooling_mode_max_tokens ? ['max' as const] : []),
  ];
  const [mode] = modes;
  if (mode === undefined || modes.length > 1) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `${pooling.path}/config.json must choose one of cls, mean and max pooling.`,
    );
  }
  return { pooling: mode, normalize: modules.some(({ type }) => type.endsWith('.Normalize')) };
}
