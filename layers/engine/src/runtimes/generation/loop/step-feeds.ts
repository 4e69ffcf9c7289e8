/** The tensors that one run of the step graph reads, by the contract of graphs.ts. */
import type { Feeds, Tensor } from '../../../ports.ts';
import { HIDDEN } from '../graphs.ts';
import type { Ancestry } from './ancestry.ts';

/** What one input has in a run. */
export interface RunRow {
  /** Its tokens, no more than a row of the run has. */
  readonly ids: readonly number[];
  /** Whether each token follows the one before it, as in a prompt; else each is the next of a branch. */
  readonly isPrompt: boolean;
  readonly ancestry: Ancestry;
  /** Tokens of its source, without padding. 0 where the model has no encoder. */
  readonly sourceTokens: number;
  /** Which of its tokens get scores. */
  readonly scored: readonly number[];
}

export interface RunShape {
  /** n, the tokens of each row, padding among them. */
  readonly perRow: number;
  /** S, the room for entries. */
  readonly room: number;
  /** E, the room for tokens of a source. */
  readonly crossRoom: number;
  /** Tokens that a layer with a window sees. */
  readonly window: number | undefined;
}

/** What a run gives beside the entries. */
export interface RunAsks {
  readonly top: number;
  /** `[r, vocabulary]` @default - nothing is added to the logits */
  readonly bias?: Tensor | undefined;
}

const NO_BIAS: Tensor = { dims: [1, 1], data: new Float32Array(1) };

/** Makes the tensors, without those of the cache. Of those that no graph of the family reads, `inputs` has no name and none is made. */
export function stepFeeds(
  rows: readonly RunRow[],
  shape: RunShape,
  asks: RunAsks,
  inputs: ReadonlySet<string>,
): Feeds {
  const { perRow, room, crossRoom, window } = shape;
  const scored = rows.flatMap((row, index) => row.scored.map((token) => index * perRow + token));
  const made: Record<string, () => Feeds[string]> = {
    ids: () =>
      integers(
        [rows.length, perRow],
        rows.flatMap(({ ids }) => padded(ids, perRow)),
      ),
    positions: () =>
      integers(
        [rows.length, perRow],
        rows.flatMap((row) => padded(placesOf(row), perRow)),
      ),
    mask: () => maskOf(rows, shape),
    'mask.window': () => maskOf(rows, shape, window),
    times: () => timesOf(rows, shape),
    sizes: () => integers([2], [perRow, room]),
    rows: () => integers([scored.length], scored),
    bias: () => asks.bias ?? NO_BIAS,
    top: () => integers([1], [asks.top]),
    'cross.mask': () => crossMask(rows, crossRoom),
  };
  const wanted = Object.entries(made).filter(([name]) => inputs.has(name));
  return Object.fromEntries(wanted.map(([name, make]) => [name, make()]));
}

function integers(dims: readonly number[], values: readonly number[]): Feeds[string] {
  const data = new BigInt64Array(values.length);
  for (const [index, value] of values.entries()) data[index] = BigInt(value);
  return { dims, data };
}

/** Padding is the first token of the vocabulary at the first place, which all models have. Nobody sees it. */
function padded(values: readonly number[], length: number): readonly number[] {
  return values.length === length
    ? values
    : [...values, ...new Array<number>(length - values.length).fill(0)];
}

function placesOf({ ids, isPrompt, ancestry }: RunRow): readonly number[] {
  return ids.map((_, token) => (isPrompt ? ancestry.nextPlace(0) + token : ancestry.nextPlace(token)));
}

/** `[b, 1, n, n + S]` */
function maskOf(
  rows: readonly RunRow[],
  { perRow, room }: RunShape,
  window = Number.POSITIVE_INFINITY,
): Tensor {
  const width = perRow + room;
  const data = new Float32Array(rows.length * perRow * width).fill(HIDDEN);
  for (const [index, { ids, isPrompt, ancestry }] of rows.entries()) {
    for (let token = 0; token < perRow; token++) {
      const at = (index * perRow + token) * width;
      data[at + token] = 0;
      if (token >= ids.length) continue;
      if (!isPrompt) {
        ancestry.write(data, at + perRow, token, window);
        continue;
      }
      data.fill(0, at + Math.max(0, token + 1 - window), at + token);
      ancestry.write(data, at + perRow, 0, window - token);
    }
  }
  return { dims: [rows.length, 1, perRow, width], data };
}

/** `[b, n + S]` */
function timesOf(rows: readonly RunRow[], { perRow, room }: RunShape): Feeds[string] {
  const width = perRow + room;
  const data = new BigInt64Array(rows.length * width);
  for (const [index, row] of rows.entries()) {
    for (const [token, place] of placesOf(row).entries()) data[index * width + token] = BigInt(place);
    for (let entry = 0; entry < row.ancestry.entries; entry++) {
      data[index * width + perRow + entry] = BigInt(row.ancestry.placeOf(entry));
    }
  }
  return { dims: [rows.length, width], data };
}

/** `[b, 1, 1, E]` */
function crossMask(rows: readonly RunRow[], room: number): Tensor {
  const data = new Float32Array(rows.length * room).fill(HIDDEN);
  for (const [index, { sourceTokens }] of rows.entries()) {
    data.fill(0, index * room, index * room + sourceTokens);
  }
  return { dims: [rows.length, 1, 1, room], data };
}
