/** The files that sentence-transformers writes beside a checkpoint: how hidden states become one vector. */
import type { OnnxManifest } from '@pilotlight/model-format';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';
import { listOf, recordOf } from './json.ts';

/** modules.json: the steps from a text to its embedding, in order. */
const modulesSchema = listOf(
  z.looseObject({
    path: z.string().regex(/^(?!\.\.?$)[\w.-]*$/, 'must be the name of a folder'),
    type: z.string(),
  }),
);

/** The config.json of a Pooling module: a flag for each mode, or since version 6 the name of the mode. */
const poolingSchema = z.looseObject({
  pooling_mode: z.union([z.string(), z.array(z.string())]).nullish(),
  pooling_mode_cls_token: z.boolean().nullish(),
  pooling_mode_mean_tokens: z.boolean().nullish(),
  pooling_mode_max_tokens: z.boolean().nullish(),
  pooling_mode_lasttoken: z.boolean().nullish(),
  pooling_mode_mean_sqrt_len_tokens: z.boolean().nullish(),
  pooling_mode_weightedmean_tokens: z.boolean().nullish(),
  include_prompt: z.boolean().nullish(),
});
type PoolingConfig = z.infer<typeof poolingSchema>;

const settingsSchema = z.looseObject({
  model_type: z.string().nullish(),
  prompts: recordOf(z.string()).nullish(),
  default_prompt_name: z.string().nullish(),
  similarity_fn_name: z.string().nullish(),
});

const POOLING: Readonly<Record<string, NonNullable<OnnxManifest['taskDefaults']>['pooling']>> = {
  cls: 'cls',
  mean: 'mean',
  max: 'max',
  lasttoken: 'last-token',
};

/** Modules that the engine does the work of; Dropout does nothing once a model is trained. */
const KNOWN_MODULES: ReadonlySet<string> = new Set(['Transformer', 'Pooling', 'Normalize', 'Dropout']);

/** Tells whether config_sentence_transformers.json says that the model ranks texts. */
export function isCrossEncoder(folder: SourceFolder): boolean {
  return readSettings(folder).model_type === 'CrossEncoder';
}

function readSettings(folder: SourceFolder): z.infer<typeof settingsSchema> {
  return folder.json('config_sentence_transformers.json', settingsSchema) ?? {};
}

/** The prompts of a model, and the one that sentence-transformers puts before a text unasked. */
function readPrompts(
  folder: SourceFolder,
): Pick<NonNullable<OnnxManifest['taskDefaults']>, 'prompts' | 'defaultPrompt'> {
  const { prompts, default_prompt_name: name } = readSettings(folder);
  if (name != null && prompts?.[name] === undefined) {
    throw unsupported(
      `config_sentence_transformers.json names ${name} as the default prompt, and has no such prompt`,
    );
  }
  if (!prompts || Object.keys(prompts).length === 0) return {};
  return { prompts, ...(name != null && { defaultPrompt: name }) };
}

/**
 * The folder of the encoder, where it is not that of modules.json: `0_Transformer` in models of older releases. Throws
 * SOURCE_UNSUPPORTED for a module that the engine does not do, by its name.
 */
export function findTransformer(folder: SourceFolder): string | undefined {
  const transformer = readModules(folder).find(({ type }) => className(type) === 'Transformer');
  return transformer?.path || undefined;
}

const className = (type: string): string => type.split('.').at(-1) ?? '';

/** Kinds of model whose last steps are done here. */
const KNOWN_KINDS: ReadonlySet<string> = new Set(['SentenceTransformer', 'CrossEncoder']);

/**
 * Throws SOURCE_UNSUPPORTED for a model whose last steps would be lost, whatever its class is: SPLADE is the head of a language model, and
 * more; ColBERT keeps the vectors of all tokens.
 */
export function refuseOtherKinds(folder: SourceFolder): void {
  const { model_type, similarity_fn_name } = readSettings(folder);
  const kind = similarity_fn_name === 'MaxSim' ? 'MultiVectorEncoder' : (model_type ?? 'SentenceTransformer');
  if (!KNOWN_KINDS.has(kind)) {
    throw unsupported(
      `This is a ${kind} of sentence-transformers, which is not supported; its model alone can be packaged if --task says for what`,
    );
  }
  readModules(folder);
}

function readModules(folder: SourceFolder): z.infer<typeof modulesSchema> {
  const modules = folder.json('modules.json', modulesSchema) ?? [];
  const foreign = modules.find(({ type }) => !KNOWN_MODULES.has(className(type)));
  if (foreign === undefined) return modules;
  throw unsupported(
    `modules.json has a ${className(foreign.type)} module${foreign.path && ` in ${foreign.path}`}, which is not supported; ` +
      `supported are ${[...KNOWN_MODULES].join(', ')}`,
  );
}

/**
 * Reads how the vectors of a model are made; undefined where no modules.json says it. Throws SOURCE_UNSUPPORTED for a
 * module or a pooling that the engine does not do, by its name.
 */
export function sentenceEmbedding(folder: SourceFolder): OnnxManifest['taskDefaults'] {
  const modules = readModules(folder);
  const named = readPrompts(folder);
  const pooling = modules.find(({ type }) => className(type) === 'Pooling');
  if (pooling === undefined) return named.prompts && named;
  const file = `${pooling.path}/config.json`;
  const config = folder.json(file, poolingSchema) ?? {};
  if (config.include_prompt === false && Object.values(named.prompts ?? {}).some((prompt) => prompt !== '')) {
    throw unsupported(
      `${file} leaves the prompt out of the pooling (include_prompt), which is not supported`,
    );
  }
  return {
    pooling: poolingMode(file, config),
    normalize: modules.some(({ type }) => className(type) === 'Normalize'),
    ...named,
  };
}

function poolingMode(file: string, config: PoolingConfig) {
  const flags: readonly (readonly [mode: string, chosen: boolean | null | undefined])[] = [
    ['cls', config.pooling_mode_cls_token],
    ['mean', config.pooling_mode_mean_tokens],
    ['max', config.pooling_mode_max_tokens],
    ['lasttoken', config.pooling_mode_lasttoken],
    ['mean_sqrt_len_tokens', config.pooling_mode_mean_sqrt_len_tokens],
    ['weightedmean', config.pooling_mode_weightedmean_tokens],
  ];
  const modes = [config.pooling_mode ?? flags.flatMap(([mode, chosen]) => (chosen ? [mode] : []))].flat();
  const found = modes.length === 1 ? POOLING[modes[0] ?? ''] : undefined;
  if (found !== undefined) return found;
  const has = modes.length === 0 ? 'chooses none' : `has ${modes.join(' and ')}`;
  throw unsupported(`${file} must choose one of ${Object.keys(POOLING).join(', ')} as pooling; it ${has}`);
}

function unsupported(reason: string): ToolchainError {
  return new ToolchainError('SOURCE_UNSUPPORTED', `${reason}.`);
}
