/** adapter_config.json of PEFT: how a LoRA adapter changes the model that it was trained on. */
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { Head } from '../graph/architecture.ts';
import type { SourceFolder } from './folder.ts';
import { recordOf } from './json.ts';

export const ADAPTER_CONFIG = 'adapter_config.json';
/** The files that its weights may be in, the preferred one first. */
export const ADAPTER_WEIGHTS = ['adapter_model.safetensors', 'adapter_model.bin'] as const;

const configSchema = z.looseObject({
  peft_type: z.string(),
  task_type: z.string().nullish(),
  base_model_name_or_path: z.string().nullish(),
  r: z.int().positive(),
  lora_alpha: z.number(),
  use_rslora: z.boolean().nullish(),
  /** Ranks and alphas of single modules, by the ends of their names. */
  rank_pattern: recordOf(z.int().positive()).nullish(),
  alpha_pattern: recordOf(z.number()).nullish(),
  init_lora_weights: z.unknown().optional(),
});
export type AdapterConfig = z.infer<typeof configSchema>;

/** Options that give other sums than W + scale * B * A, or other names to the tensors. */
const OTHER_SUMS = [
  ...['use_dora', 'use_qalora', 'use_bdlora', 'lora_bias', 'alora_invocation_tokens', 'arrow_config'],
  ...['layer_replication', 'trainable_token_indices', 'target_parameters', 'megatron_config'],
] as const;

/** Ways to begin a training that leave the base as it is; the others (PiSSA, OLoRA, LoftQ, ...) change its weights too. */
const PLAIN_BEGINNINGS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];

const HEADS: Readonly<Record<string, Head>> = {
  SEQ_CLS: 'sequence-classification',
  TOKEN_CLS: 'token-classification',
  QUESTION_ANS: 'question-answering',
  FEATURE_EXTRACTION: 'none',
};

/** Throws SOURCE_INVALID where it is none, SOURCE_UNSUPPORTED for an adapter that is more, or something else, than LoRA. */
export function readAdapterConfig(folder: SourceFolder): AdapterConfig {
  const kind = folder.json(ADAPTER_CONFIG, z.looseObject({ peft_type: z.string() }))?.peft_type;
  if (kind !== undefined && kind !== 'LORA')
    throw unsupported(`The adapter is of type ${kind}, and only LORA can be merged`);
  const config = folder.json(ADAPTER_CONFIG, configSchema);
  if (config === undefined)
    throw new ToolchainError('SOURCE_INVALID', `The folder has no ${ADAPTER_CONFIG}.`);
  const option = OTHER_SUMS.find((name) => isSet(config[name]));
  if (option !== undefined)
    throw unsupported(`The adapter was trained with ${option}, which is not supported`);
  if (!PLAIN_BEGINNINGS.includes(config.init_lora_weights)) {
    throw unsupported(
      `The adapter began with init_lora_weights ${JSON.stringify(config.init_lora_weights)}, which changes the base too`,
    );
  }
  for (const pattern of [config.rank_pattern, config.alpha_pattern].flatMap((patterns) =>
    Object.keys(patterns ?? {}),
  )) {
    if (!/^\^?(\w|\\?\.)+$/.test(pattern))
      throw unsupported(
        `rank_pattern or alpha_pattern has the expression '${pattern}', and only names are understood`,
      );
  }
  return config;
}

/** The head that the adapter was trained with; undefined where it does not say so. Throws SOURCE_UNSUPPORTED for one that generates. */
export function headOf({ task_type }: AdapterConfig): Head | undefined {
  if (!task_type) return undefined;
  if (Object.hasOwn(HEADS, task_type)) return HEADS[task_type];
  throw unsupported(`The adapter is for ${task_type}; supported are ${Object.keys(HEADS).join(', ')}`);
}

/** Rank of a module, and the factor of B * A, by its name in the model that was trained. */
export function scaleOf(
  config: AdapterConfig,
  module: string,
): { readonly rank: number; readonly scale: number } {
  const rank = findByEnd(config.rank_pattern, module) ?? config.r;
  const alpha = findByEnd(config.alpha_pattern, module) ?? config.lora_alpha;
  return { rank, scale: alpha / (config.use_rslora ? Math.sqrt(rank) : rank) };
}

/** The first pattern counts, as in PEFT; there they are expressions, here names whose dots may be escaped. */
function findByEnd(
  patterns: Readonly<Record<string, number>> | null | undefined,
  module: string,
): number | undefined {
  return Object.entries(patterns ?? {}).find(([pattern]) => {
    const name = pattern.replaceAll('\\', '');
    return name.startsWith('^') ? name.slice(1) === module : `.${module}`.endsWith(`.${name}`);
  })?.[1];
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

function unsupported(reason: string): ToolchainError {
  return new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `${reason}. Merge it where it was trained: merge_and_unload() and save_pretrained() of PEFT write a whole model.`,
  );
}
