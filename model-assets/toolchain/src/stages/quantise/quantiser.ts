import { ToolchainError } from '../../errors.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../graph/onnx.ts';
import { isClassifier, valuesOfOutputs } from './classifiers.ts';
import { Constants } from './constants.ts';
import { Names } from './names.ts';
import { findProduct, ProductRewriter } from './products.ts';
import { findLookup, LookupRewriter } from './tables.ts';

export interface QuantiseOptions {
  /** Seven-bit weights, for x86 without VNNI, where sums of two u8 x s8 products saturate in 16 bits. @default false */
  readonly reduceRange?: boolean;
  /** Names of weights to leave in fp32. @default - none beside the classifier */
  readonly keep?: readonly string[];
}

/** The int8 form of a node, and the name of the weights that it reads. */
export interface Rewriting {
  readonly weights: string;
  /** The nodes in the order in which they run; the last one gives the output of the node that they replace. */
  readonly nodes: readonly OnnxNode[];
}

/** Finds what of a graph can be int8, and says how; the graph is left as it is. */
export class Quantiser {
  /** Matrix products, and embedding look-ups, rewritten so far. */
  products = 0;
  lookups = 0;
  /** Weights of products that stay fp32, so far. */
  readonly kept: string[] = [];
  /** Names that the graph does not have. */
  readonly names: Names;
  readonly #matrix: Constants['matrix'];
  readonly #products: ProductRewriter;
  readonly #lookups: LookupRewriter;
  readonly #keep: ReadonlySet<string>;
  readonly #classifiers: ReadonlySet<string>;

  /** Throws SOURCE_UNSUPPORTED for a name in `keep` that nothing reads. */
  constructor(graph: OnnxGraph, { reduceRange = false, keep = [] }: QuantiseOptions) {
    const constants = new Constants(graph);
    this.#matrix = constants.matrix.bind(constants);
    this.names = new Names(graph);
    this.#products = new ProductRewriter(this.names, reduceRange ? 63 : 127);
    this.#lookups = new LookupRewriter(this.names);
    this.#keep = new Set(keep);
    this.#classifiers = valuesOfOutputs(graph);
    refuseUnknownNames(graph, this.#keep, this.#matrix);
  }

  /** The tensors that the rewritten nodes read. */
  get initializers(): readonly OnnxTensor[] {
    return [...this.#products.initializers, ...this.#lookups.initializers];
  }

  /** Undefined where the node stays as it is. Throws WEIGHTS_INVALID for NaN and infinities by tensor name. */
  rewrite(node: OnnxNode): Rewriting | undefined {
    const product = findProduct(node, this.#matrix);
    if (product !== undefined) {
      const weights = product.weights.tensor.name;
      if (this.#keep.has(weights) || isClassifier(product, this.#classifiers)) {
        this.kept.push(weights);
        return undefined;
      }
      this.products++;
      return { weights, nodes: this.#products.rewrite(product) };
    }
    const lookup = findLookup(node, this.#matrix);
    if (lookup === undefined || this.#keep.has(lookup.table.name)) return undefined;
    this.lookups++;
    return { weights: lookup.table.name, nodes: this.#lookups.rewrite(lookup) };
  }
}

function refuseUnknownNames(graph: OnnxGraph, keep: ReadonlySet<string>, matrix: Constants['matrix']): void {
  const known = new Set(
    graph.node.flatMap(
      (node) => findProduct(node, matrix)?.weights.tensor.name ?? findLookup(node, matrix)?.table.name ?? [],
    ),
  );
  const unknown = [...keep].find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `Nothing that can be quantised reads weights named '${unknown}'. There are: ${[...known].join(', ')}.`,
  );
}
