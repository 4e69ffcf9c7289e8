/**
 * Runs the graphs of a generator without the loop of the engine: each sequence has its entries in plain arrays, and a run makes its inputs
 * anew. Slow, and easy to see through.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  crossName,
  HIDDEN,
  newName,
  pastName,
  UNUSED_ENTRIES,
} from '@pilotlight/engine/internal/generation/graphs';
import type { BuiltGenerator, BuiltPart } from '@pilotlight/toolchain/internal/generation/graph/index';
import { saveModel } from '@pilotlight/toolchain/internal/graph/external';
import type { TextFeed } from '@pilotlight/toolchain/internal/runtime/capture';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const PARTS = ['key', 'value'] as const;

/** Values of one layer, `[heads, length, dim]`, each entry apart: `[length][heads * dim]`. */
type Entries = readonly { readonly key: Float32Array[]; readonly value: Float32Array[] }[];

/** One sequence: the places of its entries, and the entries of each layer. */
export interface Sequence {
  readonly places: number[];
  readonly entries: Entries;
  /** Keys and values of the source, `[heads, tokens, dim]` of each layer. */
  readonly source?: Source | undefined;
}

interface Source {
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

/** The scores of one token. */
export interface Scored {
  readonly logits: Float32Array;
  /** Best first. */
  readonly best: readonly { readonly id: number; readonly score: number }[];
}

export interface RunOptions {
  /** @default 5 */
  readonly top?: number;
  /** Tokens are padded to a multiple. @default 1 */
  readonly multiple?: number;
  /** Is added to the logits of every row, [vocabulary]. */
  readonly bias?: Float32Array;
}

const TOP = 5;

export class StepRunner {
  readonly built: BuiltGenerator;
  readonly #step: InferenceSession;
  readonly #encoder: InferenceSession | undefined;

  private constructor(built: BuiltGenerator, step: InferenceSession, encoder: InferenceSession | undefined) {
    this.built = built;
    this.#step = step;
    this.#encoder = encoder;
  }

  static async open(built: BuiltGenerator): Promise<StepRunner> {
    const encoder = built.encoder && (await openPart(built.encoder));
    return new StepRunner(built, await openPart(built.step), encoder);
  }

  async close(): Promise<void> {
    await this.#step.release();
    await this.#encoder?.release();
  }

  /** A sequence without entries, and of a model with an encoder the one that follows `source`. */
  async begin(source?: readonly number[], multiple = 1): Promise<Sequence> {
    const entries = Array.from({ length: this.built.decoder.layers }, () => ({ key: [], value: [] }));
    return { places: [], entries, source: source && (await this.#encode(source, multiple)) };
  }

  async #encode(ids: readonly number[], multiple: number): Promise<Source> {
    const { layers } = this.built.decoder;
    const length = Math.ceil(ids.length / multiple) * multiple;
    const padded = Array.from({ length }, (_, index) => ids[index] ?? 0);
    const feeds = {
      ids: int64(padded, [1, length]),
      mask: int64(
        padded.map((_, index) => (index < ids.length ? 1 : 0)),
        [1, length],
      ),
    };
    const given = (await this.#encoder?.run(feeds)) ?? {};
    const values = (part: 'key' | 'value') =>
      Array.from({ length: layers }, (_, layer) => floats(given[crossName(layer, part)]));
    return { tokens: ids.length, length, key: values('key'), value: values('value') };
  }

  /** Runs the tokens of several sequences at once and adds them to the entries; gives the scores of each token of each. */
  async run(given: readonly Given[], options: RunOptions = {}): Promise<readonly (readonly Scored[])[]> {
    const { feeds, tokens } = makeFeeds(this.built, given, options);
    const results = await this.#step.run(feeds);
    this.#remember(given, tokens, results);
    return readScores(given, results, this.built.decoder.vocabSize, options.top ?? TOP);
  }

  #remember(given: readonly Given[], tokens: number, results: InferenceSession.ReturnType): void {
    const { layers, heads, dim } = this.built.decoder;
    for (let layer = 0; layer < layers; layer++) {
      for (const part of PARTS) {
        const values = floats(results[newName(layer, part)]);
        for (const [row, { sequence, ids }] of given.entries()) {
          ids.forEach((_, token) => {
            const entry = new Float32Array(heads * dim);
            for (let head = 0; head < heads; head++) {
              const from = ((row * heads + head) * tokens + token) * dim;
              entry.set(values.subarray(from, from + dim), head * dim);
            }
            sequence.entries[layer]?.[part].push(entry);
          });
        }
      }
    }
    for (const input of given) input.sequence.places.push(...placesOf(input));
  }
}

/** The inputs of one run, and the tokens that each sequence has in it. */
function makeFeeds(
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

function placesOf({ sequence, ids, places }: Given): readonly number[] {
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

function readScores(
  given: readonly Given[],
  results: InferenceSession.ReturnType,
  vocabulary: number,
  top: number,
): readonly (readonly Scored[])[] {
  const [scores, classes, logits] = ['scores', 'classes', 'logits'].map((name) => floats(results[name]));
  let row = 0;
  return given.map(({ ids }) =>
    ids.map(() => {
      const first = row * top;
      const best = Array.from({ length: top }, (_, rank) => ({
        id: classes?.[first + rank] ?? -1,
        score: scores?.[first + rank] ?? Number.NaN,
      }));
      const own = logits?.slice(row * vocabulary, (row + 1) * vocabulary) ?? new Float32Array();
      row++;
      return { logits: own, best };
    }),
  );
}

async function openPart({ model }: BuiltPart): Promise<InferenceSession> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-steps-'));
  try {
    const file = join(folder, 'model.onnx');
    saveModel(model, file, join(folder, 'weights.bin'));
    return await InferenceSession.create(file, { executionProviders: ['cpu'], logSeverityLevel: 3 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function int64(values: readonly number[], dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

function floats(tensor: { readonly data: unknown } | undefined): Float32Array {
  return tensor?.data instanceof Float32Array ? tensor.data : new Float32Array();
}

function repeat(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times);
  for (let index = 0; index < times; index++) all.set(values, index * values.length);
  return all;
}

/** log-softmax, in float64. */
export function logSoftmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return Float64Array.from(logits, (value) => value - largest - Math.log(sum));
}
