/** The weights of a checkpoint, asked for by their Hugging Face names and checked against the expected shape. */
import { ToolchainError } from '../errors.ts';

/** A source of weights; `read` gives float32 values in row-major order, anew at each call. */
export interface WeightSource {
  names(): Iterable<string>;
  shape(name: string): readonly number[] | undefined;
  read(name: string): Float32Array;
  /** Gives values for every tensor that is asked for, also where there is none or it has another shape. @default - they are read */
  standIn?(name: string, shape: readonly number[]): Float32Array;
}

/** Names that TensorFlow gave to the parameters of a layer normalisation, found in old BERT checkpoints. */
const OLD_NAMES = [
  [/LayerNorm\.weight$/, 'LayerNorm.gamma'],
  [/LayerNorm\.bias$/, 'LayerNorm.beta'],
] as const;

export class Weights {
  readonly #source: WeightSource;
  readonly #prefix: string;
  readonly #used = new Set<string>();

  /** `prefix` is what a checkpoint with a head puts before the names of the base model: `bert.`. */
  constructor(source: WeightSource, prefix: string) {
    this.#source = source;
    this.#prefix = prefix;
  }

  /** Reads a tensor of that shape. Throws WEIGHTS_INVALID when it is missing or has another shape. */
  get(name: string, shape: readonly number[]): Float32Array {
    const found = this.#find(name);
    if (this.#source.standIn) return this.#source.standIn(found ?? this.#prefix + name, shape);
    if (found === undefined) {
      throw new ToolchainError(
        'WEIGHTS_INVALID',
        `The checkpoint has no tensor '${this.#prefix}${name}' (or '${name}'). ${this.#describeNames()}`,
      );
    }
    const actual = this.#source.shape(found) ?? [];
    if (actual.length !== shape.length || actual.some((dim, axis) => dim !== shape[axis])) {
      throw new ToolchainError(
        'WEIGHTS_INVALID',
        `Tensor '${found}' has shape [${actual}], but config.json makes it [${shape}].`,
      );
    }
    this.#used.add(found);
    return this.#source.read(found);
  }

  /** Whether the checkpoint has a tensor of that name. */
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** The first of several names that the checkpoint has; the first of all where it has none of them. */
  firstOf(names: readonly string[]): string {
    return names.find((name) => this.#find(name) !== undefined) ?? names[0] ?? '';
  }

  /** Tensors of the checkpoint that the graph did not take, sorted. */
  unused(): string[] {
    return [...this.#source.names()].filter((name) => !this.#used.has(name)).sort();
  }

  /** For whoever wonders what the tensors are called instead. */
  #describeNames(): string {
    const names = [...this.#source.names()];
    return names.length === 0 ? 'It has none.' : `It has ${names.length} tensors, such as '${names[0]}'.`;
  }

  #find(name: string): string | undefined {
    const spellings = [
      name,
      ...OLD_NAMES.filter(([now]) => now.test(name)).map(([now, old]) => name.replace(now, old)),
    ];
    return spellings
      .flatMap((spelling) => [this.#prefix + spelling, spelling])
      .find((candidate) => this.#source.shape(candidate) !== undefined);
  }
}
