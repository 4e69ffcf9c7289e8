/**
 * A model whose attention is a sum of whole numbers: what a token gets depends on every token that it sees, and on no other, exactly.
 * It runs by the contract of the step graph, and has a forward without a cache beside it.
 */
import type { DecoderFacts } from '@pilotlight/model-format';
import type { Feeds, Outputs, Session, Tensor, TensorData } from '../../../../layers/engine/src/ports.ts';
import {
  crossName,
  HIDDEN,
  newName,
  pastName,
  UNUSED_ENTRIES,
} from '../../../../layers/engine/src/runtimes/generation/graphs.ts';

export const VOCABULARY = 23;

export const DECODER: DecoderFacts = { layers: 2, heads: 2, dim: 3, vocabSize: VOCABULARY };
export const WINDOWED: DecoderFacts = { ...DECODER, window: 5 };
export const CROSS: DecoderFacts = { ...DECODER, cross: { heads: 1, dim: 2 } };

export const STEP_INPUTS: ReadonlySet<string> = new Set([
  ...['ids', 'positions', 'mask', 'mask.window', 'times', 'sizes', 'rows', 'bias', 'top', 'cross.mask'],
]);

const PARTS = ['key', 'value'] as const;

/** What a token puts into the cache, at a place of it. */
function entryOf(
  id: number,
  place: number,
  layer: number,
  part: number,
  head: number,
  index: number,
): number {
  return (
    ((id * 31 + place * 17) % (id > VOCABULARY ? 1_000_003 : 97)) + layer * 5 + part * 3 + head * 2 + index
  );
}

function sourceOf(id: number, layer: number, part: number, index: number): number {
  return ((id * 13) % 89) + layer * 7 + part * 2 + index;
}

function sumOver(heads: number, dim: number, value: (head: number, index: number) => number): number {
  let sum = 0;
  for (let head = 0; head < heads; head++)
    for (let index = 0; index < dim; index++) sum += value(head, index);
  return sum;
}

/** An id far beyond the vocabulary has sums that no model would have: they stand for weights that overflow. */
function logitOf(sum: number, token: number): number {
  if (sum > 5_000_000) return Number.NaN;
  return -(1 + (((sum % 1009) * (token + 3) * (token + 7)) % 211)) / 64;
}

/** The logits behind the last of these ids, without a cache. */
export function logitsAfter(
  ids: readonly number[],
  facts: DecoderFacts,
  source: readonly number[] = [],
): number[] {
  const { layers, heads, dim, window, cross } = facts;
  let sum = 0;
  for (let layer = 0; layer < layers; layer++) {
    const oldest = layer % 2 === 1 && window ? ids.length - window : 0;
    for (const [part] of PARTS.entries()) {
      for (const [place, id] of ids.entries()) {
        if (place < oldest) continue;
        sum += sumOver(heads, dim, (head, index) => entryOf(id, place, layer, part, head, index));
      }
      for (const id of source)
        if (cross) sum += sumOver(cross.heads, cross.dim, (_, i) => sourceOf(id, layer, part, i));
    }
  }
  return Array.from({ length: VOCABULARY }, (_, token) => logitOf(sum, token));
}

/** The best classes of logits, of equals the lower first. */
export function bestOf(logits: readonly number[], count: number): (readonly [id: number, logit: number])[] {
  return [...logits.entries()].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, count);
}

function tensor(feeds: Feeds, name: string): Tensor<TensorData> {
  const found = feeds[name];
  if (!found) throw new Error(`the run has no ${name}`);
  const size = found.dims.reduce((product, length) => product * length, 1);
  if (size !== found.data.length) throw new Error(`${name} has ${found.data.length} values, not ${size}`);
  return found;
}

class IntegerSession implements Session {
  runs = 0;
  ended = false;
  readonly shapes: string[] = [];
  readonly #answer: (feeds: Feeds) => Outputs;
  /** Fails the runs that it is true for. */
  fails: (feeds: Feeds) => boolean = () => false;

  constructor(answer: (feeds: Feeds) => Outputs) {
    this.#answer = answer;
  }

  async run(feeds: Feeds, names?: readonly string[]): Promise<Outputs> {
    this.runs += 1;
    this.shapes.push((feeds.ids?.dims ?? []).join('x'));
    await new Promise((resolve) => setImmediate(resolve));
    if (this.fails(feeds)) throw new Error('the run was made to fail');
    const outputs = this.#answer(feeds);
    return Object.fromEntries(Object.entries(outputs).filter(([name]) => names?.includes(name) ?? true));
  }

  async dispose(): Promise<void> {
    this.ended = true;
  }
}

export type { IntegerSession };

export function stepSession(facts: DecoderFacts): IntegerSession {
  return new IntegerSession((feeds) => step(feeds, facts));
}

export function encoderSession({ layers, cross }: DecoderFacts): IntegerSession {
  const { heads, dim } = cross ?? { heads: 0, dim: 0 };
  return new IntegerSession((feeds) => {
    const {
      dims: [rows = 0, length = 0],
      data: ids,
    } = tensor(feeds, 'ids');
    const mask = tensor(feeds, 'mask').data;
    const outputs: Record<string, Tensor> = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const [index, part] of PARTS.entries()) {
        const data = new Float32Array(rows * heads * length * dim);
        for (let at = 0; at < data.length; at++) {
          const [d, token, row] = [
            at % dim,
            Math.floor(at / dim) % length,
            Math.floor(at / (dim * length * heads)),
          ];
          const place = row * length + token;
          data[at] = mask[place] === 0n ? 99_999 : sourceOf(Number(ids[place]), layer, index, d);
        }
        outputs[crossName(layer, part)] = { dims: [rows, heads, length, dim], data };
      }
    }
    return outputs;
  });
}

function step(feeds: Feeds, facts: DecoderFacts): Outputs {
  const { layers, heads, dim, vocabSize, window, cross } = facts;
  const {
    dims: [b = 0, n = 0],
    data: ids,
  } = tensor(feeds, 'ids');
  const positions = tensor(feeds, 'positions').data;
  const room = Number(tensor(feeds, 'sizes').data[1]);
  const masks = [tensor(feeds, 'mask').data, tensor(feeds, window ? 'mask.window' : 'mask').data];
  const times = tensor(feeds, 'times').data;
  const outputs: Record<string, Tensor> = {};
  const sums = new Array<number>(b * n).fill(0);
  const width = n + room;
  for (let layer = 0; layer < layers; layer++) {
    const mask = masks[layer % 2];
    for (const [part, name] of PARTS.entries()) {
      const past = tensor(feeds, pastName(layer, name));
      if (past.dims.join() !== [b, heads, room, dim].join()) throw new Error(`past is ${past.dims}`);
      const own = new Float32Array(b * heads * n * dim);
      for (let at = 0; at < own.length; at++) {
        const [index, token] = [at % dim, Math.floor(at / dim) % n];
        const [head, row] = [Math.floor(at / (dim * n)) % heads, Math.floor(at / (dim * n * heads))];
        const place = row * n + token;
        own[at] = entryOf(Number(ids[place]), Number(positions[place]), layer, part, head, index);
      }
      outputs[newName(layer, name)] = { dims: [b, heads, n, dim], data: own };
      for (let query = 0; query < b * n; query++) {
        const row = Math.floor(query / n);
        for (let column = 0; column < width; column++) {
          const seen = Number(mask?.[query * width + column]);
          if (seen === HIDDEN) continue;
          if (seen !== 0) throw new Error(`the mask has ${seen}`);
          if (column >= width - UNUSED_ENTRIES)
            throw new Error('a token sees an entry that must stay unused');
          if (times[row * width + column] === undefined) throw new Error('times are missing');
          sums[query] =
            (sums[query] ?? 0) +
            sumOver(heads, dim, (head, index) =>
              column < n
                ? Number(own[((row * heads + head) * n + column) * dim + index])
                : Number(past.data[((row * heads + head) * room + column - n) * dim + index]),
            );
        }
      }
      if (!cross) continue;
      const { data, dims } = tensor(feeds, crossName(layer, name));
      const [, , length = 0] = dims;
      const crossMask = tensor(feeds, 'cross.mask').data;
      for (let query = 0; query < b * n; query++) {
        const row = Math.floor(query / n);
        for (let token = 0; token < length; token++) {
          if (crossMask[row * length + token] !== 0) continue;
          sums[query] =
            (sums[query] ?? 0) +
            sumOver(cross.heads, cross.dim, (head, index) =>
              Number(data[((row * cross.heads + head) * length + token) * cross.dim + index]),
            );
        }
      }
    }
  }
  return { ...outputs, ...head(feeds, sums, vocabSize) };
}

function head(feeds: Feeds, sums: readonly number[], vocabSize: number): Outputs {
  const rows = [...tensor(feeds, 'rows').data].map(Number);
  const top = Number(tensor(feeds, 'top').data[0]);
  const bias = tensor(feeds, 'bias');
  const logits = rows.flatMap((row) =>
    Array.from({ length: vocabSize }, (_, token) => logitOf(sums[row] ?? 0, token)),
  );
  const best = rows.flatMap((_, index) => {
    const own = logits.slice(index * vocabSize, (index + 1) * vocabSize);
    const added = own.map(
      (logit, token) =>
        logit + Number(bias.data.length === 1 ? bias.data[0] : bias.data[index * vocabSize + token]),
    );
    return bestOf(added, top);
  });
  const made = (dims: number[], values: number[]): Tensor => ({ dims, data: Float32Array.from(values) });
  return {
    scores: made(
      [rows.length, top],
      best.map(([, logit]) => logit),
    ),
    classes: made(
      [rows.length, top],
      best.map(([id]) => id),
    ),
    logits: made([rows.length, vocabSize], logits),
  };
}
