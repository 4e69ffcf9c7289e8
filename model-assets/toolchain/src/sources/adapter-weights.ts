/** The weights of a base model with a LoRA adapter merged in (https://arxiv.org/abs/2106.09685), each when it is read. */
import { ToolchainError } from '../errors.ts';
import type { WeightSource } from '../graph/weights.ts';
import { type AdapterConfig, scaleOf } from './adapter-config.ts';
import type { WeightsFile } from './weight-files.ts';

/**
 * Names that PEFT saves: the module by its path in the model that was trained, then a factor, or a parameter that was trained whole. The
 * name of the adapter is left out of them since PEFT 0.3.
 */
const NAME =
  /^base_model\.model\.(?<module>.+?)\.(?:lora_(?<embedding>embedding_)?(?<factor>[AB])(?:\.default)?(?:\.weight)?|(?:base_layer\.|modules_to_save\.(?:default\.)?)?(?<parameter>weight|bias))$/;

/** The head as it was before it was trained, which PEFT saves beside the trained one where `bias` is `all`. */
const ORIGINAL = /\.original_module\./;

/** Names of the two factors of a module in the adapter. The product of an embedding's is saved with its axes swapped. */
interface Factors {
  readonly module: string;
  readonly isEmbedding: boolean;
  A?: string;
  B?: string;
}

/** The product of two factors that is added to a weight. */
interface Product {
  readonly A: string;
  readonly B: string;
  readonly rank: number;
  readonly scale: number;
  readonly isEmbedding: boolean;
}

export class AdapterWeights implements WeightSource {
  readonly #base: WeightSource;
  readonly #adapter: WeightsFile;
  /** Tensors of the adapter that take the place of those of the base, by the name of the latter. */
  readonly #replaced = new Map<string, string>();
  /** By the name of the weight in the base. */
  readonly #products = new Map<string, Product>();

  /** Throws WEIGHTS_INVALID for tensors that are not those of a LoRA adapter of this base. */
  constructor(base: WeightSource, adapter: WeightsFile, config: AdapterConfig) {
    this.#base = base;
    this.#adapter = adapter;
    const spellings = new Map([...base.names()].map((name) => [withoutFirstWord(name), name]));
    /** A base has names with the word of its family before them, or without it, whatever the adapter's have. */
    const find = (name: string): string | undefined =>
      [name, withoutFirstWord(name), spellings.get(name) ?? ''].find(
        (each) => base.shape(each) !== undefined,
      );
    const factors = new Map<string, Factors>();
    for (const name of adapter.entries.keys()) {
      if (ORIGINAL.test(name)) continue;
      const { module, parameter, factor, embedding } = NAME.exec(name)?.groups ?? {};
      if (module === undefined) throw invalid(`Tensor '${name}' of the adapter is none of LoRA.`);
      if (factor === undefined) {
        this.#replaced.set(find(`${module}.${parameter}`) ?? `${module}.${parameter}`, name);
      } else {
        const both = factors.get(module) ?? { module, isEmbedding: embedding !== undefined };
        factors.set(module, { ...both, [factor]: name });
      }
    }
    for (const each of factors.values()) this.#addProduct(each, find(`${each.module}.weight`), config);
  }

  #addProduct(
    { module, isEmbedding, A, B }: Factors,
    weight: string | undefined,
    config: AdapterConfig,
  ): void {
    if (A === undefined || B === undefined)
      throw invalid(`The adapter has one of the two factors of '${module}' only.`);
    if (weight === undefined) {
      throw invalid(
        `The adapter changes '${module}', which the base does not have: it is the adapter of another model.`,
      );
    }
    const { rank, scale } = scaleOf(config, module);
    const [first = 0, last = 0] = this.shape(weight) ?? [];
    const [rows, columns] = isEmbedding ? [last, first] : [first, last];
    this.#refuseOtherShape(A, [rank, columns]);
    this.#refuseOtherShape(B, [rows, rank]);
    this.#products.set(weight, { A, B, rank, scale, isEmbedding });
  }

  #refuseOtherShape(name: string, shape: readonly number[]): void {
    const actual = this.#adapter.entries.get(name)?.shape ?? [];
    if (String(actual) === String(shape)) return;
    throw invalid(
      `Tensor '${name}' of the adapter has shape [${actual}], but its base and its rank make it [${shape}].`,
    );
  }

  /** The rows of the classifier that the adapter holds, which are as many as there are labels; undefined where it holds none. */
  countLabels(): number | undefined {
    const names = ['classifier.weight', 'classifier.out_proj.weight'];
    const held = names.map((name) => this.#replaced.get(name)).find((name) => name !== undefined);
    return held === undefined ? undefined : this.#adapter.entries.get(held)?.shape[0];
  }

  changesEmbeddings(): boolean {
    return [...this.#products.keys(), ...this.#replaced.keys()].some((name) =>
      name.endsWith('word_embeddings.weight'),
    );
  }

  names(): Iterable<string> {
    return new Set([...this.#base.names(), ...this.#replaced.keys()]);
  }

  shape(name: string): readonly number[] | undefined {
    const replaced = this.#replaced.get(name);
    return replaced === undefined ? this.#base.shape(name) : this.#adapter.entries.get(replaced)?.shape;
  }

  read(name: string): Float32Array {
    const replaced = this.#replaced.get(name);
    const weight = replaced === undefined ? this.#base.read(name) : this.#adapter.readFloats(replaced);
    const product = this.#products.get(name);
    if (product !== undefined) this.#addTo(weight, product);
    return weight;
  }

  #addTo(weight: Float32Array, { A, B, rank, scale, isEmbedding }: Product): void {
    const [left, right] = [this.#adapter.readFloats(B), this.#adapter.readFloats(A)];
    const [rows, columns] = [left.length / rank, right.length / rank];
    const [down, along] = isEmbedding ? [1, rows] : [columns, 1];
    const sums = new Float64Array(columns);
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      for (let k = 0; k < rank; k++) {
        const factor = scale * (left[row * rank + k] ?? 0);
        for (let column = 0; column < columns; column++) {
          sums[column] = (sums[column] ?? 0) + factor * (right[k * columns + column] ?? 0);
        }
      }
      for (let column = 0; column < columns; column++) {
        const place = row * down + column * along;
        weight[place] = (weight[place] ?? 0) + (sums[column] ?? 0);
      }
    }
  }
}

function withoutFirstWord(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

function invalid(message: string): ToolchainError {
  return new ToolchainError('WEIGHTS_INVALID', message);
}
