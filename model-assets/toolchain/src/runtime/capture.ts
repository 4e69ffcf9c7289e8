/** Records what products read: rows of activations, and how far each channel goes. */
import type { OnnxModel } from '../graph/onnx.ts';
import { ELEMENT } from '../graph/tensor.ts';
import { type Run, type Value, withRunner } from './runner.ts';

/** The rows that one value of the graph had on the calibration texts. */
export interface Activations {
  readonly channels: number;
  /** [rows, channels], an even sample of all of them. */
  readonly rows: Float32Array;
  /** [channels], the smallest and the largest value of each channel, of all rows. */
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
}

/** What a graph reads of one text: int64 values `[1, tokens]`, or a tensor; the first of them says how many tokens the text has. */
export type TextFeed = Readonly<Record<string, readonly number[] | Value>>;

/** More rows than these move no scale by more than the texts do. */
export const MOST_ROWS = 1024;

/**
 * Runs an fp32 graph on the texts one by one, and records the named values. The graph is left with these values as its outputs.
 * `scratch` is the folder for what the runtime reads, as large as the model.
 */
export async function capture(
  model: OnnxModel,
  values: readonly string[],
  feeds: readonly TextFeed[],
  scratch: string,
  report: (done: number) => void = () => {},
): Promise<ReadonlyMap<string, Activations>> {
  model.graph.output = values.map((name) => ({
    name,
    type: { tensorType: { elemType: ELEMENT.float32 } },
  }));
  const tokens = feeds.reduce((sum, feed) => sum + lengthOf(feed), 0);
  return withRunner(model, scratch, 'extended', async (run) => {
    const recorders = new Map<string, Recorder>();
    for (const [index, feed] of feeds.entries()) {
      const outputs = await run(toValues(feed));
      for (const [name, { dims, data }] of Object.entries(outputs)) {
        const channels = dims.at(-1) ?? 1;
        const recorder = recorders.get(name) ?? new Recorder(channels);
        recorders.set(name, recorder);
        const rowsInAll = Math.round((tokens * data.length) / channels / lengthOf(feed));
        recorder.add(data, Math.max(1, Math.floor(rowsInAll / MOST_ROWS)));
      }
      report((index + 1) / feeds.length);
    }
    return new Map([...recorders].map(([name, recorder]) => [name, recorder.finish()]));
  });
}

function lengthOf(feed: TextFeed): number {
  const [first] = Object.values(feed);
  return (first && (isTensor(first) ? first.dims.at(-1) : first.length)) ?? 1;
}

function toValues(feed: TextFeed): Parameters<Run>[0] {
  return Object.fromEntries(
    Object.entries(feed).map(([name, values]) => [
      name,
      isTensor(values) ? values : { dims: [1, values.length], data: BigInt64Array.from(values, BigInt) },
    ]),
  );
}

function isTensor(values: readonly number[] | Value): values is Value {
  return 'dims' in values;
}

class Recorder {
  readonly #channels: number;
  readonly #rows: Float32Array[] = [];
  readonly #lowest: Float32Array;
  readonly #highest: Float32Array;
  #seen = 0;
  #next = 0;

  constructor(channels: number) {
    this.#channels = channels;
    this.#lowest = new Float32Array(channels).fill(Number.POSITIVE_INFINITY);
    this.#highest = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
  }

  /** Keeps one row of every `stride`. */
  add(data: Float32Array, stride: number): void {
    const channels = this.#channels;
    for (let start = 0; start < data.length; start += channels, this.#seen++) {
      for (let channel = 0; channel < channels; channel++) {
        const value = data[start + channel] ?? 0;
        if (value < (this.#lowest[channel] ?? 0)) this.#lowest[channel] = value;
        if (value > (this.#highest[channel] ?? 0)) this.#highest[channel] = value;
      }
      if (this.#seen < this.#next || this.#rows.length >= 2 * MOST_ROWS) continue;
      this.#rows.push(data.slice(start, start + channels));
      this.#next = this.#seen + stride;
    }
  }

  finish(): Activations {
    const rows = new Float32Array(this.#rows.length * this.#channels);
    for (const [index, row] of this.#rows.entries()) rows.set(row, index * this.#channels);
    return { channels: this.#channels, rows, lowest: this.#lowest, highest: this.#highest };
  }
}
