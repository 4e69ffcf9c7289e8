/** The length of a text field in AllenNLP's tensors for one input. */
import { type Instance, paddedDims } from '../instance.ts';

/**
 * How many tokens the embedded field has: those of the tensor that AllenNLP makes its mask of, with the padding that an indexer asks
 * for.
 */
export function fieldLength({ tensors }: Instance, field: string): number {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(`${field}.`));
  const masks = own.filter(([name]) => name.endsWith('.mask'));
  const [first] = (masks.length > 0 ? masks : own).map(([, tensor]) => paddedDims([tensor])[0] ?? 0);
  return first ?? 0;
}

/** The length of a field in a batch. */
export function paddedLength(batch: readonly Instance[], field: string): number {
  return Math.max(...batch.map((instance) => fieldLength(instance, field)));
}
