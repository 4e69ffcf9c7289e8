/**
 * The tensors of the graphs of a model that generates: the contract between the toolchain, which builds them, and the loop, which runs
 * them. `b` inputs run together; each runs `n` tokens: a chunk of its prompt, or one token for each of its beams or samples. `S` is
 * the room for entries of the cache, of which an input may use fewer.
 *
 * The step graph reads
 *
 * - `ids` `[b, n]`: the tokens of this run;
 * - `positions` `[b, n]`: the place of each in its sequence, from 0 (offsets of a family are in the graph); graphs that need none have none;
 * - `mask` `[b, 1, n, n + S]` float32: 0 where a token sees another, else -1e9. The run's own tokens come first, then the cache;
 * - `mask.window`, the same, for layers that see `window` tokens, their own among them; where the model has such layers;
 * - `times` `[b, n + S]`: the place in its sequence of each token and entry, in the order of `mask`; where scores depend on distances (T5);
 * - `sizes` `[2]`: n and S;
 * - `past.{layer}.key` and `past.{layer}.value` `[b, heads, S, dim]` float32, and for attention to the encoder
 *   `cross.{layer}.key`, `cross.{layer}.value` `[b, heads, E, dim]` and `cross.mask` `[b, 1, 1, E]`, 0 or -1e9;
 * - `rows` `[r]`: which of the `b * n` tokens get scores;
 * - `bias` `[r, vocabulary]` or `[1, 1]` float32: is added to the logits;
 * - `top` `[1]`: how many classes a row gets, K.
 *
 * and gives, in float32,
 *
 * - `scores` `[r, K]`: the best log probabilities of each row, best first, of equals the lower class first; `classes` `[r, K]`: their ids;
 * - `logits` `[r, vocabulary]`: before `bias`;
 * - `new` `[b, layers * 2 * heads, n, dim]`: what the run's tokens add to the cache, the key and the value of each layer one after the other; or
 *   each of them as an output, `new.{layer}.key` and `new.{layer}.value` `[b, heads, n, dim]`, as in graphs with few layers and in older packages.
 *
 * The encoder reads `ids` `[b, E]` and `mask` `[b, E]`, int64, 1 for tokens and 0 for padding, and gives `cross.{layer}.key` and
 * `cross.{layer}.value`.
 *
 * All ids, positions, times, sizes, rows and `top` are int64. A sequence gives the same bits whoever runs beside it if its source is
 * padded to a multiple of 16 tokens, its prompt is cut into chunks by its own length alone, and 8 entries of S stay unused.
 */

/** What a masked score has added to it. */
export const HIDDEN = -1e9;

/** Sources and chunks of prompts are padded to a multiple of so many tokens. */
export const LENGTH_MULTIPLE = 16;

/** Entries of the cache that no run may use: a kernel's last, partial vector must have no live value. */
export const UNUSED_ENTRIES = 8;

export type CachePart = 'key' | 'value';

export function pastName(layer: number, part: CachePart): string {
  return `past.${layer}.${part}`;
}

/** What the tokens of a run add, in one output: to get a tensor out of a run costs as much as ten small operators. */
export const NEW = 'new';

export function newName(layer: number, part: CachePart): string {
  return `new.${layer}.${part}`;
}

/** Whether an output of the step graph is for the cache. */
export function isAdded(name: string): boolean {
  return name === NEW || name.startsWith(`${NEW}.`);
}

export function crossName(layer: number, part: CachePart): string {
  return `cross.${layer}.${part}`;
}
