/**
 * Keys and values of self-attention for the beams of a search. Every class that a step reads leaves an entry, which all beams of its
 * input can see; where beams change places, only their lists of ancestors do.
 */
import type { Feeds, Tensor } from '../../../ports.ts';
import type { StepCall } from './beam-step.ts';
import { gatherRows, sharedLike } from './gather-rows.ts';

/** A cache of the step graph, `[inputs, heads, entries, dim]`. */
export interface CacheShape {
  /** `0.key` for `cache.0.key` and `entry.0.key`. */
  readonly name: string;
  readonly heads: number;
  readonly dim: number;
}

/** Added to the scores of entries that a beam does not come from: no weight is left of them in float32. */
const HIDDEN = -1e9;

/** Entries that there is room for at first, as long as a short answer takes. */
const FIRST_ROOM = 32;

interface Pool extends CacheShape {
  /** `[inputs, heads, room, dim]` */
  data: Float32Array;
}

export class EntryCache {
  readonly #pools: Pool[];
  /** Entries that the pools have room for, and the step of each that is filled. */
  #room = 0;
  readonly #steps: number[] = [];
  #inputs = 0;
  /** `[rows]`, the entries that each beam comes from. */
  #ancestors: readonly (readonly number[])[] = [];
  /** Entries and beams before the last step. */
  #before = { entries: 0, beams: 1 };

  constructor(shapes: readonly CacheShape[]) {
    this.#pools = shapes.map((shape) => ({ ...shape, data: new Float32Array() }));
  }

  /** Keeps the inputs at these places. */
  keep(places: readonly number[]): void {
    for (const pool of this.#pools) {
      const { data } = gatherRows({ dims: this.#dims(pool), data: pool.data }, places, sharedLike);
      if (data instanceof Float32Array) pool.data = data;
    }
    this.#inputs = places.length;
  }

  /** Puts the beams in the order of their parents among the rows of the last step; undefined before the first one. */
  follow(parents: readonly number[] | undefined, rows: number): void {
    const { entries, beams } = this.#before;
    const ancestors = this.#ancestors;
    this.#ancestors = parents
      ? parents.map((parent) => [...(ancestors[parent] ?? []), entries + (parent % beams)])
      : Array.from({ length: rows }, () => []);
  }

  /** What the step graph reads of the steps before. */
  feeds({ step, inputs, beams }: StepCall): Feeds {
    this.#inputs = inputs.length;
    const steps = Array.from({ length: this.#room }, (_, entry) => BigInt(this.#steps[entry] ?? 0));
    return {
      ...Object.fromEntries(
        this.#pools.map((pool) => [`cache.${pool.name}`, { dims: this.#dims(pool), data: pool.data }]),
      ),
      visible: this.#visible(beams),
      step: { dims: [1], data: BigInt64Array.of(BigInt(step)) },
      entry_steps: { dims: [this.#room], data: BigInt64Array.from(steps) },
    };
  }

  /** Takes in what a step left, `[inputs, heads, beams, dim]` of each cache. */
  append({ step, beams }: StepCall, entries: (name: string) => Tensor): void {
    const filled = this.#steps.length;
    this.#before = { entries: filled, beams };
    if (filled + beams > this.#room) this.#grow(Math.max(FIRST_ROOM, 2 * this.#room, filled + beams));
    for (const pool of this.#pools) {
      const { data } = entries(pool.name);
      for (let block = 0; block < this.#inputs * pool.heads; block++) {
        const run = beams * pool.dim;
        const place = (block * this.#room + filled) * pool.dim;
        pool.data.set(data.subarray(block * run, (block + 1) * run), place);
      }
    }
    for (let beam = 0; beam < beams; beam++) this.#steps.push(step);
  }

  /** `[inputs, beams, beams + room]`: a beam sees itself and its ancestors. */
  #visible(beams: number): Tensor {
    const width = beams + this.#room;
    const data = new Float32Array(this.#ancestors.length * width).fill(HIDDEN);
    for (const [row, ancestors] of this.#ancestors.entries()) {
      data[row * width + (row % beams)] = 0;
      for (const entry of ancestors) data[row * width + beams + entry] = 0;
    }
    return { dims: [this.#inputs, beams, width], data };
  }

  #dims({ heads, dim }: CacheShape): number[] {
    return [this.#inputs, heads, this.#room, dim];
  }

  #grow(room: number): void {
    for (const pool of this.#pools) {
      const grown = new Float32Array(new SharedArrayBuffer(4 * this.#inputs * pool.heads * room * pool.dim));
      const run = this.#room * pool.dim;
      for (let block = 0; run > 0 && block < this.#inputs * pool.heads; block++) {
        grown.set(pool.data.subarray(block * run, (block + 1) * run), block * room * pool.dim);
      }
      pool.data = grown;
    }
    this.#room = room;
  }
}
