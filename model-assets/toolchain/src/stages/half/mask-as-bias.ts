import { MICROSOFT } from '../../graph/builder.ts';
import { int, makeNode } from '../../graph/node.ts';
import type { OnnxGraph, OnnxNode } from '../../graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../graph/tensor.ts';
import type { ValueTypes } from './values.ts';

/** The value that MultiHeadAttention itself adds to the scores of padding (`mask_filter_value`); half precision holds it. */
const FILTER = -10_000;

/** Inputs of com.microsoft.MultiHeadAttention. */
const INPUT = { query: 0, key: 1, mask: 4, bias: 5 } as const;

/**
 * Gives attention its padding as a bias of the scores in place of a mask of keys, in place: WebGPU has no kernel for such a mask,
 * and CUDA none that is fused. The graph gives what it gave.
 */
export function maskAsBias(graph: OnnxGraph, types: ValueTypes): void {
  const rewriter = new MaskRewriter(graph, types);
  graph.node = graph.node.flatMap((node) => rewriter.rewrite(node));
  const read = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer.push(...rewriter.initializers.filter(({ name }) => read.has(name)));
}

class MaskRewriter {
  readonly initializers = [
    floatTensor('padding/one', [], Float32Array.of(1)),
    floatTensor('padding/filter', [], Float32Array.of(FILTER)),
    int64Tensor('padding/axes', [2], [1, 2]),
    int64Tensor('padding/before', [2], [1, 1]),
    int64Tensor('padding/after', [1], [1]),
  ];
  readonly #types: ValueTypes;
  readonly #producers: ReadonlyMap<string, OnnxNode>;
  /** Values that are made already: a row for each mask, and that row for as many queries as a node has. */
  readonly #made = new Set<string>();

  constructor(graph: OnnxGraph, types: ValueTypes) {
    this.#types = types;
    this.#producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  }

  rewrite(node: OnnxNode): readonly OnnxNode[] {
    const mask = node.input[INPUT.mask] ?? '';
    if (node.domain !== MICROSOFT || node.opType !== 'MultiHeadAttention' || mask === '') return [node];
    if (this.#types.get(mask)?.axes.length !== 2) return [node];
    const row = `padding/${mask}`;
    const bias = node.input[INPUT.bias] ?? '';
    const before = this.#row(mask);
    const add = (name: string, nodes: readonly OnnxNode[]): string => {
      before.push(...nodes);
      return name;
    };
    const own = `${row}/${node.name}`;
    const square = `${row}/square`;
    const whole =
      bias !== ''
        ? add(own, [makeNode('Add', [bias, row], [own], { name: own })])
        : this.#queriesOf(node) === 1
          ? row
          : this.#attendsToItself(node)
            ? add(square, this.#expanded(square, row, mask))
            : add(own, this.#expanded(own, row, node.input[INPUT.query] ?? ''));
    const input = Array.from({ length: Math.max(node.input.length, INPUT.bias + 1) }, (_, index) =>
      index === INPUT.mask ? '' : index === INPUT.bias ? whole : (node.input[index] ?? ''),
    );
    return [...before, { ...node, input }];
  }

  /** [batch, 1, 1, keys], 0 where there is a token and FILTER where there is padding. */
  #row(mask: string): OnnxNode[] {
    const name = `padding/${mask}`;
    if (this.#made.has(name)) return [];
    this.#made.add(name);
    const node = (opType: string, input: readonly string[], part: string, attributes = {}) =>
      makeNode(opType, input, [`${name}${part}`], { name: `${name}${part}`, attributes });
    return [
      node('Cast', [mask], '/tokens', { to: int(ELEMENT.float32) }),
      node('Sub', ['padding/one', `${name}/tokens`], '/is_padding'),
      node('Mul', [`${name}/is_padding`, 'padding/filter'], '/rows'),
      node('Unsqueeze', [`${name}/rows`, 'padding/axes'], ''),
    ];
  }

  /** `row` once for each query: [batch, 1, queries, keys]; the second axis of `like` has their number. */
  #expanded(name: string, row: string, like: string): OnnxNode[] {
    if (this.#made.has(name)) return [];
    this.#made.add(name);
    const second = { start: int(1), end: int(2) };
    return [
      makeNode('Shape', [like], [`${name}/queries`], { name: `${name}/queries`, attributes: second }),
      makeNode('Concat', ['padding/before', `${name}/queries`, 'padding/after'], [`${name}/shape`], {
        name: `${name}/shape`,
        attributes: { axis: int(0) },
      }),
      makeNode('Expand', [row, `${name}/shape`], [name], { name }),
    ];
  }

  #queriesOf(node: OnnxNode): number | string | undefined {
    return this.#types.get(node.input[INPUT.query] ?? '')?.axes[1];
  }

  /** Whether queries and keys are parts of one product, so that there are as many. */
  #attendsToItself({ input }: OnnxNode): boolean {
    const [query, key] = [input[INPUT.query], input[INPUT.key]].map((name) =>
      this.#producers.get(name ?? ''),
    );
    return query !== undefined && query === key;
  }
}
