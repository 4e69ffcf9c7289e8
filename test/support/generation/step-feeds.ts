/** What the step graph reads in one run of several sequences, made anew out of plain arrays. */
import {
  crossName,
  HIDDEN,
  pastName,
  UNUSED_ENTRIES,
} from '@pilotlight/engine/internal/runtimes/generation/graphs';
import type { BuiltGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import type { TextFeed } from '@pilotlight/toolchain/internal/runtime/capture';
import { Tensor } from 'onnxruntime-node';

export const PARTS = ['key', 'value'] as const;

/** Values of one layer, `[heads, length, dim]`, each entry apart: `[length][heads * dim]`. */
export type Entries = readonly { readonly key: Float32Array[]; readonly value: Float32Array[] }[];

/** One sequence: the places of its entries, and the entries of each layer. */
export interface Sequence {
  readonly places: number[];
  readonly entries: Entries;
  /** Keys and values of the source, `[heads, tokens, dim]` of each layer. */
  readonly source?: Source | undefined;
}

export interface Source {
  readonly tokens: number;
  /** With padding. */
  readonly length: number;
  readonly key: readonly Float32Array[];
  readonly value: readonly Float32Array[];
}

/** What a sequence is given in one run. */
export interface Given {
  readonly sequence: Sequence;
  /** Tokens that follow. */
  readonly ids: readonly number[];
  /**
   * Which of the tokens before it, in this run, a token sees beside itself.
   *
   * @default - all of them
   */
  readonly sees?: (token: number, other: number) => boolean;
  /** @default - each token stands behind the one before it */
  readonly places?: readonly number[];
  /** Entries of the cache that a token sees. @default - all of them */
  readonly remembers?: (token: number, entry: number) => boolean;
}

export interface RunOptions {
  /** @default 5 */
  readonly top?: number;
  /** Tokens are padded to a multiple. @default 1 */
  readonly multiple?: number;
  /** Is added to the logits of every row, [vocabulary]. */
  readonly bias?: Float32Array;
}

/** Classes that a row gets where nobody asks for another number. */
export const TOP = 5;

/** The inputs of one run, and the tokens that each sequence has in it. */
export function makeFeeds(
  built: BuiltGenerator,
  given: readonly Given[],
  { top = TOP, multiple = 1, bias = new Float32Array(1) }: RunOptions,
): { readonly feeds: Record<string, Tensor>; readonly tokens: number } {
  const most = Math.max(...given.map(({ ids }) => ids.length));
  const tokens = Math.ceil(most / multiple) * multiple;
  const used = Math.max(...given.map(({ sequence }) => sequence.places.length));
  const room = Math.ceil((used + UNUSED_ENTRIES) / multiple) * multiple;
  const rows = given.flatMap(({ ids }, row) => ids.map((_, token) => row * tokens + token));
  const biasRows = bias.length === 1 ? 1 : rows.length;
  const all: Record<string, Tensor> = {
    ...feedTokens(built, given, tokens, room),
    sizes: int64([tokens, room], [2]),
    rows: int64(rows, [rows.length]),
    bias: new Tensor('float32', repeat(bias, biasRows), [biasRows, bias.length]),
    top: int64([top], [1]),
  };
  const names = new Set(built.step.inputs.map(({ name }) => name));
  return { feeds: Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name))), tokens };
}

/** What the step graph of a decoder reads of a whole text, as calibration takes it. */
export function wholeTextFeed(built: BuiltGenerator, ids: readonly number[]): TextFeed {
  const entries = Array.from({ length: built.decoder.layers }, () => ({ key: [], value: [] }));
  const { feeds } = makeFeeds(built, [{ sequence: { places: [], entries }, ids }], { top: 1 });
  const values = Object.entries(feeds).map(([name, { dims, data }]) => {
    if (data instanceof Float32Array || data instanceof BigInt64Array) return [name, { dims, data }] as const;
    throw new TypeError(`${name} is neither float32 nor int64.`);
  });
  return Object.fromEntries(values);
}

function feedTokens(
  { decoder }: BuiltGenerator,
  given: readonly Given[],
  tokens: number,
  room: number,
): Record<string, Tensor> {
  const batch = given.length;
  const { layers, heads, dim, window = Number.POSITIVE_INFINITY, cross } = decoder;
  const seen = tokens + room;
  const ids = new BigInt64Array(batch * tokens);
  const positions = new BigInt64Array(batch * tokens);
  const times = new BigInt64Array(batch * seen);
  const mask = new Float32Array(batch * tokens * seen).fill(HIDDEN);
  const windowed = mask.slice();
  for (const [row, input] of given.entries()) {
    const places = placesOf(input);
    input.ids.forEach((id, token) => {
      ids[row * tokens + token] = BigInt(id);
      positions[row * tokens + token] = BigInt(places[token] ?? 0);
      times[row * seen + token] = BigInt(places[token] ?? 0);
    });
    input.sequence.places.forEach((place, entry) => {
      times[row * seen + tokens + entry] = BigInt(place);
    });
    for (let token = 0; token < tokens; token++) {
      const line = (row * tokens + token) * seen;
      const show = (column: number, distance: number) => {
        mask[line + column] = 0;
        if (distance < window) windowed[line + column] = 0;
      };
      show(token, 0);
      const place = places[token];
      if (place === undefined) continue;
      const { sees = () => true, remembers = () => true } = input;
      for (let other = 0; other < token; other++) {
        if (sees(token, other)) show(other, place - (places[other] ?? 0));
      }
      for (const [entry, old] of input.sequence.places.entries()) {
        if (remembers(token, entry)) show(tokens + entry, place - old);
      }
    }
  }
  const feeds: Record<string, Tensor> = {
    ids: new Tensor('int64', ids, [batch, tokens]),
    positions: new Tensor('int64', positions, [batch, tokens]),
    times: new Tensor('int64', times, [batch, seen]),
    mask: new Tensor('float32', mask, [batch, 1, tokens, seen]),
    'mask.window': new Tensor('float32', windowed, [batch, 1, tokens, seen]),
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const part of PARTS) {
      const values = new Float32Array(batch * heads * room * dim);
      for (const [row, { sequence }] of given.entries()) {
        sequence.entries[layer]?.[part].forEach((entry, index) => {
          for (let head = 0; head < heads; head++) {
            const own = entry.subarray(head * dim, (head + 1) * dim);
            values.set(own, ((row * heads + head) * room + index) * dim);
          }
        });
      }
      feeds[pastName(layer, part)] = new Tensor('float32', values, [batch, heads, room, dim]);
    }
  }
  return cross === undefined ? feeds : { ...feeds, ...crossFeeds(given, layers, cross) };
}

/** A copy of a sequence that goes on by itself. */
export function fork({ places, entries, source }: Sequence): Sequence {
  return {
    places: [...places],
    entries: entries.map(({ key, value }) => ({ key: [...key], value: [...value] })),
    source,
  };
}

export function placesOf({ sequence, ids, places }: Given): readonly number[] {
  const next = Math.max(-1, ...sequence.places) + 1;
  return places ?? ids.map((_, token) => next + token);
}

function crossFeeds(
  given: readonly Given[],
  layers: number,
  { heads, dim }: { readonly heads: number; readonly dim: number },
): Record<string, Tensor> {
  const batch = given.length;
  const longest = Math.max(...given.map(({ sequence }) => sequence.source?.length ?? 0));
  const mask = new Float32Array(batch * longest).fill(HIDDEN);
  for (const [row, { sequence }] of given.entries()) {
    mask.fill(0, row * longest, row * longest + (sequence.source?.tokens ?? 0));
  }
  const feeds: Record<string, Tensor> = {
    'cross.mask': new Tensor('float32', mask, [batch, 1, 1, longest]),
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const part of PARTS) {
      const values = new Float32Array(batch * heads * longest * dim);
      for (const [row, { sequence }] of given.entries()) {
        const own = sequence.source?.[part][layer] ?? new Float32Array();
        const length = sequence.source?.length ?? 0;
        for (let head = 0; head < heads; head++) {
          const of = own.subarray(head * length * dim, (head + 1) * length * dim);
          values.set(of, (row * heads + head) * longest * dim);
        }
      }
      feeds[crossName(layer, part)] = new Tensor('float32', values, [batch, heads, longest, dim]);
    }
  }
  return feeds;
}

export function int64(values: readonly number[], dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

function repeat(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times);
  for (let index = 0; index < times; index++) all.set(values, index * values.length);
  return all;
}
