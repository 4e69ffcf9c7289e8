/** The labels of a model. */
import type { Vocabulary } from '../text/vocabulary.ts';

/** The tokens of a namespace in the order of their ids. */
export function labelNames(vocabulary: Vocabulary, namespace: string): string[] {
  return Array.from({ length: vocabulary.size(namespace) }, (_, id) => vocabulary.token(id, namespace) ?? '');
}
