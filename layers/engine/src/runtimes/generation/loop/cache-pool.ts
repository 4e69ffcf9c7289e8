/**
 * The cache of the inputs that run together, one slot each: keys and values of their tokens, and what the encoder gave. A run reads the
 * first slots where they are, without a copy; see ADR-cache.md.
 */
import type { DecoderFacts } from '@pilotlight/model-format';
import type { Feeds, Outputs, Tensor } from '../../../ports.ts';
import { newName } from '../graphs.ts';
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

export class CachePool {
  readonly #past: readonly CacheTensor[];
  readonly #cross: readonly CacheTensor[];
  readonly #new: readonly string[];
  readonly #used: Used[] = [];
  readonly #dims: { readonly past: number; readonly cross: number };
  #room = 0;
  #crossRoom = 0;

  constructor(facts: DecoderFacts) {
    this.#past = pastTensors(facts);
    this.#cross = crossTensors(facts);
    this.#new = namesOf(facts.layers, newName);
    this.#dims = { past: facts.dim, cross: facts.cross?.dim ?? 0 };
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

  /** Adds an empty slot, the last; gives its number. */
  add(): number {
    this.#relayout([...this.#used, { past: 0, cross: 0 }], this.#room, this.#crossRoom);
    return this.#used.push({ past: 0, cross: 0 }) - 1;
  }

  /** Adds a slot that has what a slot of another pool has. */
  addFrom(other: CachePool, slot: number): number {
    const used = { past: other.entries(slot), cross: other.sourceTokens(slot) };
    const added = this.add();
    this.reserve(used.past, used.cross);
    this.#copy(this.#past, added, other.#past, slot, used.past, this.#room, other.#room);
    this.#copy(this.#cross, added, other.#cross, slot, used.cross, this.#crossRoom, other.#crossRoom);
    this.#used[added] = used;
    return added;
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
    const past = Math.max(entries, ...this.#used.map((used) => used.past));
    const cross = Math.max(sourceTokens, ...this.#used.map((used) => used.cross));
    const room = chooseRoom(this.#room, past, this.#dims.past);
    const crossRoom = this.#cross.length === 0 ? 0 : chooseRoom(this.#crossRoom, cross, this.#dims.cross);
    this.#relayout(this.#used, room, crossRoom);
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
    for (const [index, tensor] of this.#past.entries()) {
      const { data } = outputs[this.#new[index] ?? ''] ?? NOTHING;
      copyEntries(tensor, to, { data, row: run.row, room: run.perRow, first: 0 }, run.count);
    }
    used.past += run.count;
  }

  /** Keeps some of the entries of a slot, in order, and moves them together. */
  keep(slot: number, entries: readonly number[]): void {
    const used = this.#used[slot];
    if (!used) return;
    for (const tensor of this.#past) keepEntries(tensor, { row: slot, room: this.#room }, entries);
    used.past = entries.length;
  }

  /** Puts what the encoder gave for a row, of `tokens` tokens, into a slot. */
  putSource(
    slot: number,
    outputs: Outputs,
    { row, tokens }: { readonly row: number; readonly tokens: number },
  ): void {
    const used = this.#used[slot];
    if (!used) return;
    this.reserve(0, tokens);
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

/** Keeps the room while it is enough, and not twice what is needed. */
function chooseRoom(room: number, entries: number, dim: number): number {
  const wanted = roomFor(entries, dim);
  return room >= wanted && room <= 2 * wanted ? room : wanted;
}
