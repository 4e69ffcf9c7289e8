/** config.json of a Hugging Face model: what does not depend on the family. */
import type { TaskName } from '@pilotlight/model-format';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { Head } from '../graph/architecture.ts';
import { ARCHITECTURES } from '../graph/architectures.ts';
import type { SourceFolder } from './folder.ts';
import { listOf } from './json.ts';
import { readLabels } from './labels.ts';
import { isCrossEncoder, refuseOtherKinds } from './sentence-transformers.ts';
import { refuseLostClassifier } from './setfit.ts';
import { chooseTask } from './task.ts';

const count = z.int().positive();

/** Loose: the rest of config.json belongs to the family that builds the graph. */
const configSchema = z.looseObject({
  model_type: z.string().min(1).nullish(),
  architectures: listOf(z.string()).nullish(),
  /** `readLabels` says what it may be. */
  id2label: z.unknown().optional(),
  num_labels: count.nullish(),
  problem_type: z.string().nullish(),
  max_position_embeddings: count.nullish(),
  vocab_size: count.nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
  /** The field that sentence-transformers writes into the config.json of a CrossEncoder, in both forms: since version 4, and before. */
  sentence_transformers: z.looseObject({ activation_fn: z.string().nullish() }).nullish(),
  sbert_ce_default_activation_function: z.string().nullish(),
  quantization_config: z.looseObject({ quant_method: z.string().nullish() }).nullish(),
});
export type HuggingFaceConfig = z.infer<typeof configSchema> & { readonly model_type: string };

/** Throws SOURCE_INVALID when config.json is missing or is none. */
export function readConfig(folder: SourceFolder): HuggingFaceConfig {
  const config = folder.json('config.json', configSchema);
  if (!config) {
    throw new ToolchainError('SOURCE_INVALID', 'The folder has no config.json, which says what model it is.');
  }
  const { model_type, architectures } = config;
  if (model_type) return { ...config, model_type };
  const family = ARCHITECTURES.find(({ heads }) => Object.hasOwn(heads, architectures?.[0] ?? ''));
  throw new ToolchainError(
    'SOURCE_INVALID',
    family === undefined
      ? 'config.json has no model_type, which names the family of the model.'
      : `config.json has no model_type. It says ${architectures?.[0]}: write "model_type": "${family.modelType}" into it.`,
  );
}

/** The task to package for, as `taskOf` chooses it. */
export function taskFor(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  asked: TaskName | undefined,
): TaskName {
  const { sentence_transformers, sbert_ce_default_activation_function } = config;
  refuseLostClassifier(folder, asked);
  if (asked === undefined) refuseOtherKinds(folder);
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

function listLabels({ id2label, num_labels }: HuggingFaceConfig): string[] {
  return readLabels(id2label, num_labels ?? undefined);
}
