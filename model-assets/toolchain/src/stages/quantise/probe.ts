/** Measures the error that int8 adds to each layer by itself: a graph computes every product both ways, on the activations of fp32. */
import { int, makeNode } from '../../graph/node.ts';
import type { OnnxModel, OnnxNode } from '../../graph/onnx.ts';
import { ELEMENT } from '../../graph/tensor.ts';
import { type QuantiseOptions, Quantiser } from './quantiser.ts';

/** The outputs that the probe of one layer adds to the graph: sums of squares, float32 scalars. */
export interface Probe {
  /** Name of the weights, as `keep` takes it. */
  readonly weights: string;
  /** Output that sums the squared differences between int8 and fp32. */
  readonly error: string;
  /** Output that sums the squares of the values of fp32. */
  readonly expected: string;
}

/** The distance between the output of one layer in int8 and its output in fp32, on the same activations. */
export interface LayerError {
  readonly weights: string;
  /** Root of squared differences over squared expected values, of all inputs. */
  readonly relative: number;
}

/** Leaves an fp32 model with nothing but the outputs of a probe for each layer that would be int8. */
export function insertProbes(model: OnnxModel, options: QuantiseOptions): readonly Probe[] {
  const { graph } = model;
  const quantiser = new Quantiser(graph, options);
  const probes: Probe[] = [];
  graph.node = graph.node.flatMap((node) => {
    const rewriting = quantiser.rewrite(node);
    if (rewriting === undefined) return [node];
    const { weights, nodes } = rewriting;
    const own = node.output[0] ?? '';
    const fresh = (name: string) => quantiser.names.fresh(`${own}/probe/${name}`);
    const twin = fresh('int8');
    const difference = fresh('difference');
    const error = fresh('error');
    const expected = fresh('expected');
    probes.push({ weights, error, expected });
    return [
      node,
      ...nodes.map((part) => renamed(part, own, twin)),
      makeNode('Sub', [own, twin], [difference]),
      sumOfSquares(difference, error),
      sumOfSquares(own, expected),
    ];
  });
  graph.initializer.push(...quantiser.initializers);
  graph.output = probes.flatMap(({ error, expected }) =>
    [error, expected].map((name) => ({
      name,
      type: { tensorType: { elemType: ELEMENT.float32, shape: { dim: [] } } },
    })),
  );
  return probes;
}

/** The layers by their own error, the worst first; each of `runs` has the outputs of the probes for one input. */
export function layerErrors(
  probes: readonly Probe[],
  runs: readonly Readonly<Record<string, number>>[],
): readonly LayerError[] {
  const sums = new Map<string, { error: number; expected: number }>();
  for (const { weights, error, expected } of probes) {
    const sum = sums.get(weights) ?? { error: 0, expected: 0 };
    for (const run of runs) {
      sum.error += run[error] ?? 0;
      sum.expected += run[expected] ?? 0;
    }
    sums.set(weights, sum);
  }
  return [...sums]
    .map(([weights, { error, expected }]) => ({ weights, relative: Math.sqrt(error / (expected || 1)) }))
    .sort((left, right) => right.relative - left.relative);
}

function renamed(node: OnnxNode, from: string, to: string): OnnxNode {
  return { ...node, output: node.output.map((name) => (name === from ? to : name)) };
}

function sumOfSquares(value: string, name: string): OnnxNode {
  return makeNode('ReduceSumSquare', [value], [name], { attributes: { keepdims: int(0) } });
}
