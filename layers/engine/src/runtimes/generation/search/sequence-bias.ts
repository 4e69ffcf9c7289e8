/** Biases of sequences of tokens, and bad words, which are biases of -Infinity. */
import type { Edit } from './edits.ts';
import type { Processor } from './processor.ts';

/**
 * Biases the last token of each sequence where the others stand before it; of equal sequences the last one counts. Biases of
 * several sequences that match add up.
 */
export function sequenceBias(
  biases: readonly (readonly [ids: readonly number[], bias: number])[],
): readonly Processor[] {
  if (biases.length === 0) return [];
  const distinct = [...new Map(biases.map((bias) => [bias[0].join(' '), bias])).values()];
  const entries = distinct.map(([ids, amount]) => ({
    before: ids.slice(0, -1),
    edit: { kind: 'add', id: ids.at(-1) ?? -1, amount } satisfies Edit,
  }));
  const single = entries.flatMap(({ before, edit }) => (before.length === 0 ? edit : []));
  const longer = entries.filter(({ before }) => before.length > 0);
  return [
    ({ ids }) => [...single, ...longer.flatMap(({ before, edit }) => (endsWith(ids, before) ? edit : []))],
  ];
}

export function endsWith(ids: readonly number[], end: readonly number[]): boolean {
  const start = ids.length - end.length;
  return start >= 0 && end.every((id, place) => ids[start + place] === id);
}
