/** config.json of a Hugging Face model: what does not depend on the family. */
import type { TaskName } from '@pilotlight/model-format';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { Head } from '../graph/architecture.ts';
import type { SourceFolder } from './folder.ts';
import { isCrossEncoder } from './sentence-transformers.ts';
import { chooseTask } from './task.ts';

const count = z.int().positive();

/** Loose: the rest of config.json belongs to the family that builds the graph. */
const configSchema = z.looseObject({
  model_type: z.string().min(1),
  architectures: z.array(z.string()).nullish(),
  id2label: z.record(z.string().regex(/^\d+$/, 'must be a number'), z.string().min(1)).nullish(),
  num_labels: count.nullish(),
  problem_type: z.string().nullish(),
  max_position_embeddings: count.nullish(),
  vocab_size: count.nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
  /** The field that sentence-transformers writes into the config.json of a CrossEncoder, in both forms: since version 4, and before. */
  sentence_transformers: z.looseObject({ activation_fn: z.string().nullish() }).nullish(),
  sbert_ce_default_activation_function: z.string().nullish(),
});
export type HuggingFaceConfig = z.infer<typeof configSchema>;

/** Throws SOURCE_INVALID when config.json is missing or is none. */
export function readConfig(folder: SourceFolder): HuggingFaceConfig {
  const config = folder.json('config.json', configSchema);
  if (config) return config;
  throw new ToolchainError('SOURCE_INVALID', 'The folder has no config.json, which says what model it is.');
}

/** The task to package for, as `taskOf` chooses it. */
export function taskFor(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  asked: TaskName | undefined,
): TaskName {
  const { sentence_transformers, sbert_ce_default_activation_function } = config;
  const crossEncoder =
    Boolean(sentence_transformers?.activation_fn ?? sbert_ce_default_activation_function) ||
    isCrossEncoder(folder);
  const architectures = config.architectures ?? [];
  return chooseTask({ architectures, labels: () => listLabels(config), crossEncoder }, asked);
}

/** The label of each logit of a classifier; other heads have none. */
export function labelsFor(head: Head, config: HuggingFaceConfig): string[] {
  const isClassifier = head === 'sequence-classification' || head === 'token-classification';
  return isClassifier ? listLabels(config) : [];
}

/**
 * The label of each logit, in order. Without id2label they are what transformers calls them: LABEL_0 and so on,
 * two of them unless num_labels says otherwise. Throws SOURCE_INVALID when indices are left out or a label is
 * there twice.
 */
function listLabels({ id2label, num_labels }: HuggingFaceConfig): string[] {
  if (!id2label || Object.keys(id2label).length === 0) {
    return Array.from({ length: num_labels ?? 2 }, (_, index) => `LABEL_${index}`);
  }
  const labels = Array.from({ length: Object.keys(id2label).length }, (_, index) => {
    const label = id2label[index];
    if (label !== undefined) return label;
    throw new ToolchainError(
      'SOURCE_INVALID',
      `id2label in config.json has no label ${index}: indices count from 0 without gaps.`,
    );
  });
  const double = labels.find((label, index) => labels.indexOf(label) !== index);
  if (double !== undefined) {
    throw new ToolchainError('SOURCE_INVALID', `id2label in config.json has the label '${double}' twice.`);
  }
  return labels;
}
