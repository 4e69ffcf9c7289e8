/**
 * What the products of a model read on the calibration texts, and the scales that follow from it. All rungs and attempts of a ladder share
 * one: each activation is recorded once, and each choice is searched for once.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxModel } from '../../graph/onnx.ts';
import { float32View, viewBytes } from '../../graph/tensor.ts';
import { type Activations, capture, MOST_ROWS, type TextFeed } from '../../runtime/capture.ts';
import { type ProductRunner, withProductRunner } from '../../runtime/product-error.ts';
import { type RowsChoice, Search, type SearchOptions, type StaticChoice, sampleRows } from './search.ts';
import { type Group, inputsOf, readWeights } from './sites.ts';
import type { Limit } from './weights.ts';

/** How the activations of a group are quantised. */
export type Choice = StaticChoice | RowsChoice;

/** What can be chosen for a group; either is searched for when it is asked for. */
export interface Choices {
  static(): Promise<StaticChoice>;
  rows(): Promise<RowsChoice>;
}

interface ChooseOptions {
  readonly limit: Limit;
  /** Whether channels may be equalised. */
  readonly equalise: boolean;
  /** A folder for what the runtime reads, as large as the model. */
  readonly scratch: string;
  readonly report?: (done: number) => void;
}

/** Activations whose rows are in a file. */
interface Recording extends Omit<Activations, 'rows'> {
  readonly file: string;
}

/** Bytes of rows that are in memory at once. */
const MOST_BYTES = 2 ** 28;

export class Calibration {
  readonly #feeds: readonly TextFeed[];
  readonly #folder: string;
  readonly #recordings = new Map<string, Recording>();
  readonly #static = new Map<string, StaticChoice>();
  readonly #rows = new Map<string, RowsChoice>();

  /** `feeds` are the texts as inputs of the graph; `folder` takes the rows that are recorded, and is the caller's to remove. */
  constructor(feeds: readonly TextFeed[], folder: string) {
    this.#feeds = feeds;
    this.#folder = folder;
  }

  /**
   * Runs `decide` on each group and gives its choices by the names of the activations. `model` is the same one, with its weights as they
   * were, at each call.
   */
  async choose(
    model: OnnxModel,
    groups: readonly Group[],
    { limit, equalise, scratch, report = () => {} }: ChooseOptions,
    decide: (choices: Choices) => Promise<Choice>,
  ): Promise<ReadonlyMap<string, Choice>> {
    const missing = groups.filter(({ activations }) => !this.#recordings.has(activations));
    const recorded = missing.length === 0 ? 0 : 0.5;
    await this.#record(model, missing, scratch, (done) => report(recorded * done));
    const results = new Map<string, Choice>();
    await withProductRunner(scratch, async (runner) => {
      for (const [index, group] of groups.entries()) {
        results.set(
          group.activations,
          await decide(
            this.#choicesOf(group, { limit, equalises: equalise && !group.sharesWeights }, runner),
          ),
        );
        report(recorded + ((1 - recorded) * (index + 1)) / groups.length);
      }
    });
    return results;
  }

  async #record(
    model: OnnxModel,
    groups: readonly Group[],
    scratch: string,
    report: (done: number) => void,
  ): Promise<void> {
    const { output } = model.graph;
    const parts = divide(groups);
    try {
      for (const [index, part] of parts.entries()) {
        const values = part.map(({ activations }) => activations);
        const captured = await capture(model, values, this.#feeds, scratch, (done) =>
          report((index + done) / parts.length),
        );
        for (const [name, activations] of captured) {
          const { channels, lowest, highest } = activations;
          const file = join(this.#folder, `rows-${this.#recordings.size}.bin`);
          writeFileSync(file, viewBytes(sampleRows(activations)));
          this.#recordings.set(name, { channels, lowest, highest, file });
        }
      }
    } finally {
      model.graph.output = output;
    }
  }

  /** A group of which some products stay fp32 is another one. */
  #choicesOf({ activations, sites }: Group, how: SearchOptions, runner: ProductRunner): Choices {
    const key = JSON.stringify([how, activations, ...sites.map(({ name }) => name)]);
    let opened: Promise<Search> | undefined;
    const search = (): Promise<Search> => {
      opened ??= Search.open(runner, this.#read(activations), sites.map(readWeights), how);
      return opened;
    };
    return {
      static: () => remember(this.#static, key, async () => (await search()).static()),
      rows: () => remember(this.#rows, key, async () => (await search()).rows()),
    };
  }

  #read(activations: string): Activations {
    const recording = this.#recordings.get(activations);
    if (recording === undefined) throw new TypeError(`The graph does not give ${activations}.`);
    const { file, ...seen } = recording;
    return { ...seen, rows: float32View(readFileSync(file)) };
  }
}

async function remember<Result>(
  known: Map<string, Result>,
  key: string,
  find: () => Promise<Result>,
): Promise<Result> {
  const result = known.get(key) ?? (await find());
  known.set(key, result);
  return result;
}

function divide(groups: readonly Group[]): readonly (readonly Group[])[] {
  const parts: Group[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    const own = 4 * MOST_ROWS * inputsOf(group.sites);
    if (bytes + own > MOST_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(group);
    bytes += own;
  }
  return parts;
}
