import { type Edit, editAll } from './edits.ts';

/** Values that a graph adds to its logits, in one buffer that the steps of a search use again and again. */
export class BiasRows {
  #values = new Float32Array(0);

  /**
   * Writes what the edits of each row add, until the next call. Where they forbid every class that a grammar leaves, the grammar goes
   * first, as a text that breaks it is of no use.
   *
   * @returns `[rows, vocabulary]`; none where nothing may come in a row, of which a graph would make no numbers
   */
  write(rows: readonly (readonly Edit[])[], vocabSize: number): Float32Array | undefined {
    const size = rows.length * vocabSize;
    if (this.#values.length < size) this.#values = new Float32Array(size);
    for (const [row, edits] of rows.entries()) {
      const values = this.#values.subarray(row * vocabSize, (row + 1) * vocabSize).fill(0);
      editAll(values, edits);
      const masks = edits.filter(({ kind }) => kind === 'mask');
      const mayBeDead = masks.length > 0 || edits.length >= vocabSize;
      if (!mayBeDead || !isDeadEnd(values)) continue;
      editAll(values.fill(0), masks);
      if (masks.length === 0 || isDeadEnd(values)) return undefined;
    }
    return this.#values.subarray(0, size);
  }
}

/** Whether nothing may come. */
export function isDeadEnd(scores: Float32Array): boolean {
  for (let id = 0; id < scores.length; id++) {
    if ((scores[id] ?? Number.NaN) > Number.NEGATIVE_INFINITY) return false;
  }
  return true;
}
