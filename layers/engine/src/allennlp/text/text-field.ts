/** Fields of an instance: texts, lists of texts, labels of a sequence, spans. Their tensors have no batch axis. */
import type { FieldTensor } from '../instance.ts';
import type { TokenIndexers } from './indexers/index.ts';
import type { FieldTensors } from './indexers/indexer.ts';
import type { Token } from './token.ts';

/** The tensors of a text, by the key of the indexer and the name of its tensor: `tokens.token_ids`. */
export async function textField(tokens: readonly Token[], indexers: TokenIndexers): Promise<FieldTensors> {
  const fields: Record<string, FieldTensor> = {};
  for (const [key, indexer] of Object.entries(indexers)) {
    Object.assign(fields, under(key, await indexer.index(tokens)));
  }
  return fields;
}

/** The tensors of a field under its name in the instance: `tokens.tokens.token_ids`. */
export function under(name: string, tensors: FieldTensors): FieldTensors {
  return Object.fromEntries(Object.entries(tensors).map(([path, tensor]) => [`${name}.${path}`, tensor]));
}
