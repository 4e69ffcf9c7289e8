/**
 * fp32 to int8: matrix products with constant weights become dynamic int8 products, large embedding tables int8
 * rows. Everything else (attention scores, softmax, normalisation, biases, classifier) stays fp32. See
 * ADR-int8.md for what was measured.
 */
import { ToolchainError } from '../errors.ts';
import type { OnnxGraph, OnnxModel, OnnxNode } from '../graph/onnx.ts';
import { Constants } from './quantise/constants.ts';
import { Names } from './quantise/names.ts';
import { type Product, ProductRewriter, productOf } from './quantise/products.ts';
import { LookupRewriter, lookupOf } from './quantise/tables.ts';
import { removeUnused } from './quantise/unused.ts';

export interface QuantiseOptions {
  /** Seven-bit weights, for x86 without VNNI, where sums of two u8 x s8 products saturate in 16 bits. @default false */
  readonly reduceRange?: boolean;
  /** Names of weights to leave in fp32. @default - none beside the classifier */
  readonly keep?: readonly string[];
}

export interface QuantiseReport {
  /** Matrix products that are int8 now. */
  readonly products: number;
  /** Embedding look-ups that are int8 now. */
  readonly lookups: number;
  /** Names of the weights of products that stay fp32: the classifier, and what the options ask to keep. */
  readonly kept: readonly string[];
}

/** DynamicQuantizeLinear came with operator set 11. */
const MINIMUM_OPSET = 11;

const RESHAPING: ReadonlySet<string> = new Set(['Identity', 'Squeeze', 'Unsqueeze', 'Reshape']);

/** A product with more outputs than this is a language-model head rather than a classifier. */
const MAXIMUM_CLASSES = 1024;

/**
 * Quantises a model in place, standard operators to standard operators. Throws WEIGHTS_INVALID for NaN and
 * infinities by tensor name, and SOURCE_UNSUPPORTED for an operator set below 11, for a model with nothing to
 * quantise, and for a name in `keep` that no product has.
 */
export function quantise(model: OnnxModel, options: QuantiseOptions = {}): QuantiseReport {
  refuseOldOpset(model);
  const { graph } = model;
  const names = new Names(graph);
  const constants = new Constants(graph);
  const matrix = constants.matrix.bind(constants);
  const products = new ProductRewriter(names, options.reduceRange === true ? 63 : 127);
  const lookups = new LookupRewriter(names);
  const keep = new Set(options.keep);
  const classifiers = valuesOfOutputs(graph);
  const kept: string[] = [];
  const count = { products: 0, lookups: 0 };

  const rewrite = (node: OnnxNode): OnnxNode[] => {
    const product = productOf(node, matrix);
    if (product !== undefined) {
      if (keep.has(product.weights.tensor.name) || isClassifier(product, classifiers)) {
        kept.push(product.weights.tensor.name);
        return [node];
      }
      count.products++;
      return products.rewrite(product);
    }
    const lookup = lookupOf(node, matrix);
    if (lookup === undefined || keep.has(lookup.table.name)) return [node];
    count.lookups++;
    return lookups.rewrite(lookup);
  };
  refuseUnknownNames(graph, keep, matrix);
  graph.node = graph.node.flatMap(rewrite);
  graph.initializer.push(...products.initializers, ...lookups.initializers);
  removeUnused(graph);

  if (count.products === 0) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      'The graph has no matrix product with constant fp32 weights: is it quantised already? Package it with --variants fp32.',
    );
  }
  return { ...count, kept };
}

function refuseUnknownNames(graph: OnnxGraph, keep: ReadonlySet<string>, matrix: Constants['matrix']): void {
  const known = new Set(
    graph.node.flatMap(
      (node) => productOf(node, matrix)?.weights.tensor.name ?? lookupOf(node, matrix)?.table.name ?? [],
    ),
  );
  const unknown = [...keep].find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `Nothing that can be quantised reads weights named '${unknown}'. There are: ${[...known].join(', ')}.`,
  );
}

function refuseOldOpset(model: OnnxModel): void {
  const opset = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset >= MINIMUM_OPSET) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The graph is of operator set ${opset}; int8 needs ${MINIMUM_OPSET} or later. Export it again, or package it with --variants fp32.`,
  );
}

/** The graph's outputs, and the values that become one by nothing but a bias or a change of shape. */
function valuesOfOutputs(graph: OnnxGraph): ReadonlySet<string> {
  const computed = new Set(
    graph.node.filter(({ opType }) => opType !== 'Constant').flatMap(({ output }) => output),
  );
  const values = new Set(graph.output.map(({ name }) => name));
  for (const { opType, input, output } of graph.node.toReversed()) {
    if (!output.some((name) => values.has(name))) continue;
    const addsBias = opType === 'Add' && input.some((name) => !computed.has(name));
    if (addsBias || RESHAPING.has(opType)) for (const name of input) values.add(name);
  }
  return values;
}

/** The last product costs next to nothing, and its rounding would be seen in the logits undiluted. */
function isClassifier({ node, weights }: Product, classifiers: ReadonlySet<string>): boolean {
  const [rows = 0, columns = 0] = weights.tensor.dims;
  const classes = weights.transposed ? rows : columns;
  return classes <= MAXIMUM_CLASSES && node.output.some((name) => classifiers.has(name));
}
