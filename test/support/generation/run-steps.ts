/**
 * Runs the graphs of a generator without the loop of the engine: each sequence has its entries in plain arrays, and a run makes its inputs
 * anew. Slow, and easy to see through.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossName, NEW } from '@pilotlight/engine/internal/runtimes/generation/graphs';
import type { BuiltGenerator, BuiltPart } from '@pilotlight/toolchain/internal/generation/graph/index';
import { saveModel } from '@pilotlight/toolchain/internal/graph/external';
import { InferenceSession } from 'onnxruntime-node';
import {
  type Given,
  int64,
  makeFeeds,
  PARTS,
  placesOf,
  type RunOptions,
  type Sequence,
  type Source,
  TOP,
} from './step-feeds.ts';

export { fork, type Given, type RunOptions, type Sequence, wholeTextFeed } from './step-feeds.ts';

/** The scores of one token. */
export interface Scored {
  readonly logits: Float32Array;
  /** Best first. */
  readonly best: readonly { readonly id: number; readonly score: number }[];
}

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
    const values = floats(results[NEW]);
    for (let layer = 0; layer < layers; layer++) {
      for (const [index, part] of PARTS.entries()) {
        for (const [row, { sequence, ids }] of given.entries()) {
          ids.forEach((_, token) => {
            const entry = new Float32Array(heads * dim);
            for (let head = 0; head < heads; head++) {
              const block = ((row * layers + layer) * PARTS.length + index) * heads + head;
              const from = (block * tokens + token) * dim;
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

function floats(tensor: { readonly data: unknown } | undefined): Float32Array {
  return tensor?.data instanceof Float32Array ? tensor.data : new Float32Array();
}

/** log-softmax, in float64. */
export function logSoftmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return Float64Array.from(logits, (value) => value - largest - Math.log(sum));
}
