/** The length of a text field in AllenNLP's tensors for one input. */
import type { Instance } from '../instance.ts';

/**
 * How many tokens the embedded field has: those of the tensor that AllenNLP makes its mask of, with the padding that an indexer asks
 * for.
 */
export function fieldLength({ tensors }: Instance, field: string): number {
  const own = Object.keys(tensors).filter((name) => name.startsWith(`${field}.`));
  const { dims: [length = 0] = [], least: [least = 0] = [] } =
    tensors[own.find((name) => name.endsWith('.mask')) ?? own[0] ?? ''] ?? {};
  return Math.max(length, least);
}

/** The length of a field in a batch. */
export function paddedLength(batch: readonly Instance[], field: string): number {
  return Math.max(...batch.map((instance) => fieldLength(instance, field)));
}
