/** The transformer of a hub model that an archive holds the tensors of. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import type { BaseInputs, BaseModel } from '../../../graph/base-model.ts';
import { BASE_FAMILIES, type BaseFamily } from '../../../graph/base-models.ts';
import { type WeightSource, Weights } from '../../../graph/weights.ts';
import { count, ignored } from '../build.ts';
import type { Params, Scope } from '../module.ts';

/** The parameters that every part with a transformer takes. */
export const transformerParams = {
  model_name: z.string(),
  max_length: count.nullish(),
  sub_module: z.string().nullish(),
  last_layer_only: z.boolean().default(true),
  // Values of config.json of the hub model that are to be others.
  transformer_kwargs: z.record(z.string(), z.unknown()).nullish(),
  // The indexer has the same ones; here they count the special tokens alone.
  tokenizer_kwargs: ignored,
  train_parameters: ignored,
  eval_mode: ignored,
  override_weights_file: ignored,
  override_weights_strip_prefix: ignored,
  reinit_modules: ignored,
  load_weights: ignored,
  gradient_checkpointing: ignored,
};

export interface HubTransformer extends Pick<BaseModel, 'hidden' | 'tokenTypes' | 'maxTokens'> {
  /** Special tokens at the start and at the end of a single sequence. */
  readonly specials: readonly [start: number, end: number];
  /** The hidden states after each layer: [batch, tokens, hidden]. */
  encode(inputs: BaseInputs): readonly string[];
}

export interface TransformerOptions {
  /** The name of its tensors: `transformer_model`. */
  readonly part: string;
  readonly subModule?: string | null | undefined;
  /** Values that stand for those of config.json. */
  readonly overrides?: Params | null | undefined;
}

/**
 * The transformer whose tensors are under `part` of a place.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED where its family has no graph, SOURCE_INVALID where its config.json does not fit
 */
export function openTransformer(scope: Scope, config: Params, options: TransformerOptions): HubTransformer {
  const { part, subModule, overrides } = options;
  const settings: Params = { ...config, ...overrides };
  const family = findFamily(settings, subModule ?? undefined, scope.tensorName(part));
  const place = scope.at(part);
  const [rows] = place.dims(family.words) ?? [];
  const base = family.open({ ...settings, vocab_size: rows ?? settings.vocab_size });
  return {
    hidden: base.hidden,
    tokenTypes: base.tokenTypes,
    maxTokens: base.maxTokens,
    specials: family.specials,
    encode(inputs) {
      const graph = scope.graph.under(`${scope.name(part)}/`);
      return base.encode(graph, new Weights(weightsOf(place), ''), inputs, { firstTokenOnly: false });
    },
  };
}

function findFamily(settings: Params, part: string | undefined, path: string): BaseFamily {
  const found = BASE_FAMILIES.find(
    (family) => family.modelType === settings.model_type && family.part === part,
  );
  if (found) return found;
  const known = BASE_FAMILIES.map(({ modelType, part: of }) => (of ? `${modelType} (${of})` : modelType));
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `${path} is a transformer of type '${settings.model_type}'${part ? ` with sub_module '${part}'` : ''}, which is not ` +
      `supported; supported are ${known.join(', ')}.`,
    { details: { supported: known } },
  );
}

/** The tensors of a place by the names that the hub model has for them; `rename` gives those that the archive has. */
export function weightsOf(place: Scope, rename = (name: string) => name): WeightSource {
  const { archive } = place;
  return {
    names: () => archive.tensorNames(),
    shape: (name) => place.dims(rename(name)),
    read: (name) => place.tensor(rename(name), place.dims(rename(name)) ?? []),
    ...(archive.standIn && { standIn: (name, shape) => place.tensor(rename(name), shape) }),
  };
}
