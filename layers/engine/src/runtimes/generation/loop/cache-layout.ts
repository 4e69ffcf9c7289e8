/** How the entries of the inputs that run together lie in memory, and how they are moved. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { type CachePart, crossName, pastName } from '../graphs.ts';

/** Values of one tensor of the cache, `[slots, heads, room, dim]` in row-major order. */
export interface CacheTensor {
  readonly name: string;
  readonly heads: number;
  readonly dim: number;
  /** Has room for more than is in use. */
  data: Float32Array;
}

const PARTS: readonly CachePart[] = ['key', 'value'];

/** The tensors of the cache of self-attention, without memory yet. */
export function pastTensors({ layers, heads, dim }: DecoderFacts): CacheTensor[] {
  return namesOf(layers, pastName).map((name) => ({ name, heads, dim, data: new Float32Array() }));
}

/** The tensors of what the encoder gave; none where the model has no encoder. */
export function crossTensors({ layers, cross }: DecoderFacts): CacheTensor[] {
  if (!cross) return [];
  const { heads, dim } = cross;
  return namesOf(layers, crossName).map((name) => ({ name, heads, dim, data: new Float32Array() }));
}

/** The names of a tensor of each layer and part, layer by layer. */
export function namesOf(layers: number, name: (layer: number, part: CachePart) => string): string[] {
  return Array.from({ length: layers }, (_, layer) => PARTS.map((part) => name(layer, part))).flat();
}

/** Bytes that an entry of one input takes, in all layers. */
export function entryBytes({ layers, heads, dim }: Pick<DecoderFacts, 'layers' | 'heads' | 'dim'>): number {
  return layers * PARTS.length * heads * dim * Float32Array.BYTES_PER_ELEMENT;
}

const LEAST_ROOM = 32;

/**
 * Rounds a number of entries up to a room. Rooms grow by eighths or by 32, so that a step does not read much more than what is used, and
 * entries are seldom moved.
 */
export function roomFor(entries: number): number {
  const step = Math.max(LEAST_ROOM, 2 ** Math.floor(Math.log2(Math.max(entries, 1)) - 3));
  return Math.max(LEAST_ROOM, Math.ceil(entries / step) * step);
}

/** Where entries are copied from: the row of a tensor `[rows, heads, room, dim]`. */
export interface CacheSource {
  readonly data: Float32Array;
  readonly row: number;
  readonly room: number;
}

/** Copies `count` entries of each head to `first` and after in a row of the cache. */
export function copyEntries(
  { data, heads, dim }: CacheTensor,
  to: { readonly row: number; readonly room: number; readonly first: number },
  from: CacheSource & { readonly first: number },
  count: number,
): void {
  const size = count * dim;
  for (let head = 0; head < heads; head++) {
    const source = ((from.row * heads + head) * from.room + from.first) * dim;
    const target = ((to.row * heads + head) * to.room + to.first) * dim;
    if (size > COPIED_BY_HAND) data.set(from.data.subarray(source, source + size), target);
    else for (let i = 0; i < size; i++) data[target + i] = from.data[source + i] ?? 0;
  }
}

/** Moves entries of each head of a row to its front; `kept` are in order. Those that stand together are moved at once. */
export function keepEntries(
  { data, heads, dim }: CacheTensor,
  { row, room }: { readonly row: number; readonly room: number },
  kept: readonly number[],
): void {
  for (let head = 0; head < heads; head++) {
    const block = (row * heads + head) * room;
    let first = 0;
    for (let place = 1; place <= kept.length; place++) {
      const start = kept[first] ?? 0;
      if (place < kept.length && kept[place] === start + place - first) continue;
      const from = (block + start) * dim;
      if (start !== first) data.copyWithin((block + first) * dim, from, from + (place - first) * dim);
      first = place;
    }
  }
}

/** Up to so many values a loop is faster than a view of the memory that `set` wants. */
const COPIED_BY_HAND = 128;

/**
 * Gives the rows of a tensor another room, in the memory that it has or in more. Rows are moved in such an order that none is written over
 * before it was moved.
 */
export function relayout(tensor: CacheTensor, rows: readonly number[], from: number, to: number): void {
  const { heads, dim } = tensor;
  const size = rows.length * heads * to * dim;
  const source = tensor.data;
  if (from === to && size <= source.length) return;
  if (size > source.length) tensor.data = new Float32Array(Math.max(size, Math.ceil(source.length * GROWTH)));
  const inPlace = tensor.data === source;
  const blocks = rows.length * heads;
  for (let place = 0; place < blocks; place++) {
    const block = to > from ? blocks - 1 - place : place;
    const used = (rows[Math.floor(block / heads)] ?? 0) * dim;
    const start = block * from * dim;
    if (inPlace) source.copyWithin(block * to * dim, start, start + used);
    else tensor.data.set(source.subarray(start, start + used), block * to * dim);
  }
}

/** Memory grows by so much at least, because new memory costs more than the copy. */
export const GROWTH = 1.25;
