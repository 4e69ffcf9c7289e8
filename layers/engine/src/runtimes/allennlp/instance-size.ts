/** The size of instances, by which they are put into batches. */
import type { Instance } from './instance.ts';

export interface InstanceSize {
  /** Tokens of its longest sequence; at least 1. */
  readonly tokens: number;
  /** Values of its largest tensor. */
  readonly cells: number;
}

/** Values of a tensor that a token may have in a batch before they count more than the token itself: characters, tags, spans. */
const CELLS_OF_TOKEN = 64;

export function sizeOf({ tensors }: Pick<Instance, 'tensors'>): InstanceSize {
  let [tokens, cells] = [1, 1];
  for (const [name, { dims, least }] of Object.entries(tensors)) {
    const padded = (axis: number): number => Math.max(dims[axis] ?? 0, least?.[axis] ?? 0);
    let product = 1;
    for (let axis = 0; axis < dims.length; axis++) product *= Math.max(1, padded(axis));
    // The first axis counts tokens, except that of spans. A transformer reads all texts of a list.
    if (dims.length > 0 && name !== 'spans') {
      tokens = Math.max(tokens, name.endsWith('.token_ids') ? product : padded(0));
    }
    cells = Math.max(cells, product);
  }
  return { tokens, cells };
}

/** The tokens that an instance costs in a batch: those that it has, or more where one of its tensors is much larger. */
export function costOf({ tokens, cells }: InstanceSize): number {
  return Math.max(tokens, Math.ceil(cells / CELLS_OF_TOKEN));
}

/**
 * The size that both have beside each other in a batch, where every axis is padded: a few words of many characters and many words of
 * few are both as large as many words of many characters.
 */
export function paddedTogether(a: InstanceSize, b: InstanceSize): InstanceSize {
  const tokens = Math.max(a.tokens, b.tokens);
  const width = Math.max(a.cells / a.tokens, b.cells / b.tokens);
  return { tokens, cells: Math.ceil(tokens * width) };
}
