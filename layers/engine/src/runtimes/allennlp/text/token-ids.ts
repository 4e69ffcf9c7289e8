/** The ids of a text field that answers show. */
import type { FieldTensor, Instance } from '../instance.ts';
import type { Vocabulary } from './vocabulary.ts';

const NAMES: ReadonlySet<string | undefined> = new Set(['tokens', 'token_ids', 'input_ids']);

/** The ids of the first indexer of a field that has some; padding that the indexer asks for is among them. */
export function tokenIds({ tensors }: Instance, field: string): number[] {
  const found = Object.entries(tensors).find(([path]) => {
    const parts = path.split('.');
    return parts[0] === field && NAMES.has(parts.at(-1)) && parts.length > 2;
  });
  return found ? idsOf(found[1]) : [];
}

function idsOf({ data, least = [], padding = 0 }: FieldTensor): number[] {
  const ids = Array.from(data, Number);
  while (ids.length < (least[0] ?? 0)) ids.push(padding);
  return ids;
}

/** The tokens of a namespace by their ids. */
export function tokensOf(ids: readonly number[], vocabulary: Vocabulary, namespace: string): string[] {
  return ids.map((id) => vocabulary.token(id, namespace) ?? '');
}
