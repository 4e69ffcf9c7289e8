/**
 * Chooses, for activations and the products that read them, how far their channels are equalised and where their range is cut, by
 * the error of the products on calibration rows.
 */
import type { Activations } from '../../runtime/capture.ts';
import type { ProductError, ProductRunner } from '../../runtime/product-error.ts';
import type { Value } from '../../runtime/runner.ts';
import { cutRange, type Range, seenRange } from './range.ts';
import { channelPeaks, inverseOf, rowPeaks, scalingOf } from './scaling.ts';
import { type Limit, type Matrix, roundedColumns } from './weights.ts';

/** The strength of equalisation; 0 leaves the channels as they are. */
const ALPHAS = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/** Shares of the range that is seen; what lies beyond is cut off, so that the rest has finer steps. */
const SHARES = [0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 1] as const;

/** The shares that strengths are compared at; the others are tried at the best strength alone. */
const COMPARED_SHARES: readonly number[] = [0.35, 0.65, 1];

/** Rows that the candidates are compared on. */
const ROWS = 512;

/** How the channels are equalised, and what the products lose. */
interface Choice {
  readonly alpha: number;
  /** [channels], what each channel is divided by; undefined where they are left as they are. */
  readonly scaling: Float32Array | undefined;
  /** Of each product: how far the rows are from those of fp32, as a share of their length; see `quadraticMean`. */
  readonly errors: readonly number[];
  /** Of each product: [outputs], the mean difference to fp32. */
  readonly means: readonly Float32Array[];
}

/** One scale and zero point for all rows. */
export interface StaticChoice extends Choice {
  readonly form: 'static';
  readonly range: Range;
}

/** A scale for each row, which is computed at run time. */
export interface RowsChoice extends Choice {
  readonly form: 'rows';
  /** Added to every value first, so that none is negative; undefined where each row has as much room on both sides of zero. */
  readonly shift: number | undefined;
}

export interface SearchOptions {
  readonly limit: Limit;
  /** Whether the channels may be equalised. */
  readonly equalises: boolean;
}

/** A product in fp32, and what its rows weigh. */
interface Expected {
  /** [rows, outputs] */
  readonly expected: Value;
  /** [rows, 1]: what follows normalises rows, so large ones matter little more than others. */
  readonly importance: Value;
}

/** The products that read some activations, on calibration rows. */
export class Search {
  readonly #runner: ProductRunner;
  readonly #activations: Activations;
  readonly #matrices: readonly Matrix[];
  readonly #options: SearchOptions;
  readonly #rows: Value;
  readonly #peaks: Float32Array;
  readonly #weightPeaks: Float32Array;
  #expected: readonly Expected[] = [];

  private constructor(
    runner: ProductRunner,
    activations: Activations,
    matrices: readonly Matrix[],
    options: SearchOptions,
  ) {
    this.#runner = runner;
    this.#activations = activations;
    this.#matrices = matrices;
    this.#options = options;
    const { channels } = activations;
    const data = sampleRows(activations);
    this.#rows = { dims: [data.length / channels, channels], data };
    this.#peaks = channelPeaks(activations);
    this.#weightPeaks = rowPeaks(matrices);
  }

  /** `matrices` are the weights of the products, [channels, outputs] each. */
  static async open(
    runner: ProductRunner,
    activations: Activations,
    matrices: readonly Matrix[],
    options: SearchOptions,
  ): Promise<Search> {
    const search = new Search(runner, activations, matrices, options);
    const expected: Expected[] = [];
    for (const { rows, columns, values } of matrices) {
      const product = await runner.multiply(search.#rows, { dims: [rows, columns], data: values });
      expected.push({ expected: product, importance: importanceOf(product) });
    }
    search.#expected = expected;
    return search;
  }

  async static(): Promise<StaticChoice> {
    const compared: StaticChoice[] = [];
    for (const alpha of this.#alphas) compared.push(await this.#bestShare(alpha, COMPARED_SHARES));
    const { alpha } = best(compared);
    const others = SHARES.filter((share) => !COMPARED_SHARES.includes(share));
    return best([...compared, await this.#bestShare(alpha, others)]);
  }

  async rows(): Promise<RowsChoice> {
    const shift = findShift(this.#activations);
    const shifts = shift === undefined ? undefined : new Float32Array(this.#activations.channels).fill(shift);
    const choices: RowsChoice[] = [];
    for (const alpha of this.#alphas) {
      const { scaling, multiplier, weights } = this.#equalise(alpha);
      const measured = await this.#measure(weights, (trial) =>
        this.#runner.measureRows({ ...trial, multiplier, shift: shifts }),
      );
      choices.push({ form: 'rows', alpha, scaling, shift, ...measured });
    }
    return best(choices);
  }

  get #alphas(): readonly number[] {
    return this.#options.equalises ? ALPHAS : [0];
  }

  async #bestShare(alpha: number, shares: readonly number[]): Promise<StaticChoice> {
    const { scaling, multiplier, weights } = this.#equalise(alpha);
    const seen = seenRange(this.#activations, multiplier);
    const choices: StaticChoice[] = [];
    for (const share of shares) {
      const range = cutRange(seen, share);
      const measured = await this.#measure(weights, (trial) =>
        this.#runner.measureStatic({ ...trial, multiplier, ...range }),
      );
      choices.push({ form: 'static', alpha, scaling, range, ...measured });
    }
    return best(choices);
  }

  #equalise(alpha: number) {
    const scaling = alpha === 0 ? undefined : scalingOf(this.#peaks, this.#weightPeaks, alpha);
    return {
      scaling,
      multiplier: inverseOf(scaling, this.#activations.channels),
      weights: this.#matrices.map((matrix) => ({
        dims: [matrix.rows, matrix.columns],
        data: roundedColumns(matrix, scaling, this.#options.limit),
      })),
    };
  }

  async #measure(
    weights: readonly Value[],
    run: (trial: Expected & { rows: Value; weights: Value }) => Promise<ProductError>,
  ): Promise<Pick<Choice, 'errors' | 'means'>> {
    const errors: number[] = [];
    const means: Float32Array[] = [];
    for (const [index, expected] of this.#expected.entries()) {
      const rounded = weights[index] ?? expected.expected;
      const { squared, mean } = await run({ rows: this.#rows, weights: rounded, ...expected });
      errors.push(quadraticMean(squared));
      means.push(mean);
    }
    return { errors, means };
  }
}

/** One over the length of each row and of the usual row together, so that the shortest rows do not decide alone. */
function importanceOf({ dims: [rows = 0, columns = 0], data }: Value): Value {
  const usual = sumOfSquares(data) / (rows || 1);
  const importance = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const squares = sumOfSquares(data.subarray(row * columns, (row + 1) * columns));
    importance[row] = usual > 0 ? Math.sqrt(2 / (squares + usual)) : 0;
  }
  return { dims: [rows, 1], data: importance };
}

/** Bad rows count for more than their share: the square root of the quadratic mean of squared errors. */
function quadraticMean(squared: Float32Array): number {
  return (sumOfSquares(squared) / (squared.length || 1)) ** 0.25;
}

function best<One extends Choice>(choices: readonly One[]): One {
  return choices.reduce((left, right) =>
    sumOfSquares(right.errors) < sumOfSquares(left.errors) ? right : left,
  );
}

/** What takes the smallest value of an activation to zero: ReLU's 0, GELU's -0.16997 (by tanh -0.17004), and SiLU's -0.27846. */
const SHIFTS = [0, 0.1701, 0.2785] as const;

/** The shift of activations with a smallest value near zero, which would leave nearly half of the integers unused; undefined for others. */
export function findShift({ lowest, highest }: Pick<Activations, 'lowest' | 'highest'>): number | undefined {
  const low = lowest.reduce((least, value) => Math.min(least, value), 0);
  const high = highest.reduce((most, value) => Math.max(most, value), 0);
  return SHIFTS.find((shift) => low >= -shift && high >= 4 * shift);
}

/** [rows, channels], as many rows as candidates are compared on, evenly from all of them. */
export function sampleRows({ rows, channels }: Pick<Activations, 'rows' | 'channels'>): Float32Array {
  const count = rows.length / channels;
  if (count <= ROWS) return rows;
  const sample = new Float32Array(ROWS * channels);
  for (let index = 0; index < ROWS; index++) {
    const from = Math.floor((index * count) / ROWS) * channels;
    sample.set(rows.subarray(from, from + channels), index * channels);
  }
  return sample;
}

function sumOfSquares(values: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += Number(values[index] ?? 0) ** 2;
  return sum;
}
