/** How much the transformer of a hub model reads at once. */
import type { Params } from './params.ts';

/** Where the families have the number of their positions, and how many of these no token is at. */
const POSITIONS: Readonly<
  Record<string, { readonly key: string; readonly unused: (config: Params) => number }>
> = {
  bert: { key: 'max_position_embeddings', unused: () => 0 },
  distilbert: { key: 'max_position_embeddings', unused: () => 0 },
  electra: { key: 'max_position_embeddings', unused: () => 0 },
  bart: { key: 'max_position_embeddings', unused: () => 0 },
  gpt2: { key: 'n_positions', unused: () => 0 },
  mpnet: { key: 'max_position_embeddings', unused: () => 2 },
  roberta: { key: 'max_position_embeddings', unused: beforeFirst },
  'xlm-roberta': { key: 'max_position_embeddings', unused: beforeFirst },
  camembert: { key: 'max_position_embeddings', unused: beforeFirst },
};

/** RoBERTa counts from the id after that of the padding. */
function beforeFirst({ pad_token_id: padding }: Params): number {
  return (typeof padding === 'number' ? padding : 1) + 1;
}

/** The tokens of the longest sequence, special tokens included; undefined where there is no end, or it is not known. */
export function longestSequence(config: Params): number | undefined {
  const type = typeof config.model_type === 'string' ? config.model_type : '';
  const family = Object.hasOwn(POSITIONS, type) ? POSITIONS[type] : undefined;
  const positions = family && config[family.key];
  return typeof positions === 'number' ? positions - (family?.unused(config) ?? 0) : undefined;
}

/** How many types of tokens the transformer of a hub model tells apart, as AllenNLP counts them. */
export function tokenTypes({ type_vocab_size: types }: Params): number {
  return typeof types === 'number' ? types : 0;
}

/** Whether the configuration of a model names a hub model anywhere, and so has its transformer. */
export function namesHub(model: unknown, modelName: string): boolean {
  if (typeof model === 'string') return model === modelName;
  if (typeof model !== 'object' || model === null) return false;
  return Object.values(model).some((part) => namesHub(part, modelName));
}

/** Whether an embedder of a hub model, anywhere in the configuration of a model, folds texts that are longer than its `max_length`. */
export function foldsHub(model: unknown, modelName: string): boolean {
  if (typeof model !== 'object' || model === null) return false;
  const { model_name: name, max_length: length } = model as Params;
  if (name === modelName && typeof length === 'number') return true;
  return Object.values(model).some((part) => foldsHub(part, modelName));
}
