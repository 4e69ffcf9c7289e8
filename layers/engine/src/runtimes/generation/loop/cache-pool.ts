/**
 * The cache of the inputs that run together, one slot each: keys and values of their tokens, and what the encoder gave. A run reads the
 * first slots where they are, without a copy; see ADR-cache.md.
 */
import type { DecoderFacts } from '@pilotlight/model-format';
import type { Feeds, Outputs, Tensor } from '../../../ports.ts';
import { NEW, newName } from '../graphs.ts';
import {
  type CacheTensor,
  copyEntries,
  crossTensors,
  keepEntries,
  namesOf,
  pastTensors,
  relayout,
  roomFor,
} from './cache-layout.ts';

/** Entries of one input. */
interface Used {
  past: number;
  cross: number;
}

/** What the encoder gave for a source: a row of its outputs, which have `tokens` tokens, padding among them. */
export interface EncodedSource {
  readonly outputs: Outputs;
  readonly row: number;
  readonly tokens: number;
}

/** What an input has before it shares a cache: a cache of its own with one slot, and its source where that is not in the cache yet. */
export interface OwnCache {
  readonly cache: CachePool;
  readonly source?: EncodedSource | undefined;
}

export class CachePool {
  readonly #past: readonly CacheTensor[];
  readonly #cross: readonly CacheTensor[];
  readonly #new: readonly string[];
  readonly #used: Used[] = [];
  #room = 0;
  #crossRoom = 0;

  constructor(facts: DecoderFacts) {
    this.#past = pastTensors(facts);
    this.#cross = crossTensors(facts);
    this.#new = namesOf(facts.layers, newName);
  }

  get slots(): number {
    return this.#used.length;
  }

  /** Entries that each slot has room for. */
  get room(): number {
    return this.#room;
  }

  /** Tokens of a source that each slot has room for. */
  get crossRoom(): number {
    return this.#crossRoom;
  }

  get bytes(): number {
    return [...this.#past, ...this.#cross].reduce((sum, { data }) => sum + data.byteLength, 0);
  }

  /** Entries of a slot. */
  entries(slot: number): number {
    return this.#used[slot]?.past ?? 0;
  }

  /** Tokens of the source of a slot, its padding among them. */
  sourceTokens(slot: number): number {
    return this.#used[slot]?.cross ?? 0;
  }

  /** Adds an empty slot, the last. */
  add(): void {
    this.#addSlots(1, 0, 0);
  }

  /** Adds a slot for each of these, in their order. Memory is taken once for all of them. */
  addFrom(others: readonly OwnCache[]): void {
    const first = this.slots;
    const sizes = others.map(({ cache, source }) => ({
      past: cache.entries(0),
      cross: source?.tokens ?? cache.sourceTokens(0),
    }));
    const longest = (part: keyof Used) => Math.max(0, ...sizes.map((size) => size[part]));
    this.#addSlots(others.length, longest('past'), longest('cross'));
    for (const [index, { cache, source }] of others.entries()) {
      const slot = first + index;
      const { past = 0, cross = 0 } = sizes[index] ?? {};
      this.#copy(this.#past, slot, cache.#past, 0, past, this.#room, cache.#room);
      if (source) this.#writeSource(slot, source);
      else this.#copy(this.#cross, slot, cache.#cross, 0, cross, this.#crossRoom, cache.#crossRoom);
      this.#used[slot] = { past, cross };
    }
  }

  #addSlots(count: number, entries: number, sourceTokens: number): void {
    const added = Array.from({ length: count }, () => ({ past: 0, cross: 0 }));
    this.#makeRoom([...this.#used, ...added], entries, sourceTokens);
    this.#used.push(...added);
  }

  /** Frees a slot. The last one takes its place, so that those in use stay the first. What is left behind is written over or hidden. */
  remove(slot: number): void {
    const last = this.#used.length - 1;
    const moved = this.#used[last];
    if (moved && slot !== last) {
      this.#copy(this.#past, slot, this.#past, last, moved.past, this.#room, this.#room);
      this.#copy(this.#cross, slot, this.#cross, last, moved.cross, this.#crossRoom, this.#crossRoom);
      this.#used[slot] = moved;
    }
    this.#used.pop();
  }

  /** Makes room for entries and for tokens of a source in each slot, no less than those in use; takes back what is far too much. */
  reserve(entries: number, sourceTokens: number): void {
    this.#makeRoom(this.#used, entries, sourceTokens);
  }

  #makeRoom(slots: readonly Used[], entries: number, sourceTokens: number): void {
    const past = Math.max(entries, ...slots.map((used) => used.past));
    const cross = Math.max(sourceTokens, ...slots.map((used) => used.cross));
    const room = past === 0 ? this.#room : chooseRoom(this.#room, roomFor(past));
    // Sources are padded already, and grow no more.
    const crossRoom = this.#cross.length === 0 ? 0 : chooseRoom(this.#crossRoom, cross);
    this.#relayout(slots, room, crossRoom);
  }

  /**
   * Puts the first `count` of the tokens that a row of a run had behind the entries of a slot. `perRow` is the number of tokens of a row.
   * All of them must be numbers, because a NaN shows in whatever reads the memory later, hidden or not.
   */
  append(
    slot: number,
    outputs: Outputs,
    run: { readonly row: number; readonly perRow: number; readonly count: number },
  ): void {
    const used = this.#used[slot];
    if (!used) return;
    const to = { row: slot, room: this.#room, first: used.past };
    const together = outputs[NEW];
    for (const [index, tensor] of this.#past.entries()) {
      const { data } = together ?? outputs[this.#new[index] ?? ''] ?? NOTHING;
      const row = together ? run.row * this.#past.length + index : run.row;
      copyEntries(tensor, to, { data, row, room: run.perRow, first: 0 }, run.count);
    }
    used.past += run.count;
  }

  /** A copy of `count` entries of a slot from `first`, `[1, layers * 2 * heads, count, dim]`: as a run gives them together. */
  copyOf(slot: number, first: number, count: number): Tensor {
    const { heads = 0, dim = 0 } = this.#past[0] ?? {};
    const dims = [1, this.#past.length * heads, count, dim];
    const data = new Float32Array(this.#past.length * heads * count * dim);
    for (const [row, tensor] of this.#past.entries()) {
      const from = { data: tensor.data, row: slot, room: this.#room, first };
      copyEntries({ ...tensor, data }, { row, room: count, first: 0 }, from, count);
    }
    return { dims, data };
  }

  /** Keeps some of the entries of a slot, in order, and moves them together. */
  keep(slot: number, entries: readonly number[]): void {
    const used = this.#used[slot];
    if (!used) return;
    for (const tensor of this.#past) keepEntries(tensor, { row: slot, room: this.#room }, entries);
    used.past = entries.length;
  }

  /** Puts what the encoder gave into a slot. */
  putSource(slot: number, source: EncodedSource): void {
    this.reserve(0, source.tokens);
    this.#writeSource(slot, source);
  }

  #writeSource(slot: number, { outputs, row, tokens }: EncodedSource): void {
    const used = this.#used[slot];
    if (!used) return;
    for (const tensor of this.#cross) {
      const { data } = outputs[tensor.name] ?? NOTHING;
      copyEntries(
        tensor,
        { row: slot, room: this.#crossRoom, first: 0 },
        { data, row, room: tokens, first: 0 },
        tokens,
      );
    }
    used.cross = tokens;
  }

  /** The tensors of all slots, as a run reads them: views of the memory here. */
  feeds(): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const tensor of this.#past) feeds[tensor.name] = this.#view(tensor, this.#room);
    for (const tensor of this.#cross) feeds[tensor.name] = this.#view(tensor, this.#crossRoom);
    return feeds;
  }

  #view({ data, heads, dim }: CacheTensor, room: number): Tensor {
    return { dims: [this.slots, heads, room, dim], data: data.subarray(0, this.slots * heads * room * dim) };
  }

  #copy(
    targets: readonly CacheTensor[],
    slot: number,
    sources: readonly CacheTensor[],
    from: number,
    count: number,
    room: number,
    fromRoom: number,
  ): void {
    for (const [index, tensor] of targets.entries()) {
      const { data } = sources[index] ?? NOTHING;
      copyEntries(
        tensor,
        { row: slot, room, first: 0 },
        { data, row: from, room: fromRoom, first: 0 },
        count,
      );
    }
  }

  #relayout(slots: readonly Used[], room: number, crossRoom: number): void {
    const pasts = slots.map(({ past }) => past);
    const crosses = slots.map(({ cross }) => cross);
    for (const tensor of this.#past) relayout(tensor, pasts, this.#room, room);
    for (const tensor of this.#cross) relayout(tensor, crosses, this.#crossRoom, crossRoom);
    this.#room = room;
    this.#crossRoom = crossRoom;
  }
}

const NOTHING = { data: new Float32Array() };

/** Keeps the room while it is enough, and not twice what is wanted. */
function chooseRoom(room: number, wanted: number): number {
  return room >= wanted && room <= 2 * wanted ? room : wanted;
}
