import { int, makeNode } from '../../graph/node.ts';
import type { OnnxModel } from '../../graph/onnx.ts';
import type { Peaks, ValueTypes } from './values.ts';

/** A model whose outputs are the largest magnitudes of the float32 values that nodes of `model` give; it is measured, never served. */
export function withPeaks(model: OnnxModel, types: ValueTypes): OnnxModel {
  const { graph } = model;
  const values = graph.node.flatMap((node) =>
    node.output.filter((name) => types.get(name)?.element === 'float32'),
  );
  const probes = values.flatMap((value) => [
    makeNode('Abs', [value], [`${value}/magnitudes`]),
    makeNode('ReduceMax', [`${value}/magnitudes`], [peakName(value)], { attributes: { keepdims: int(0) } }),
  ]);
  const output = values.map((value) => ({ name: peakName(value) }));
  return { ...model, graph: { ...graph, node: [...graph.node, ...probes], output } };
}

/** The peaks of all runs together, out of the outputs of each. */
export function collectPeaks(runs: readonly Readonly<Record<string, number>>[]): Peaks {
  const peaks = new Map<string, number>();
  for (const run of runs) {
    for (const [name, peak] of Object.entries(run)) {
      const value = name.slice(0, -SUFFIX.length);
      peaks.set(value, Math.max(peaks.get(value) ?? 0, peak));
    }
  }
  return peaks;
}

const SUFFIX = '/peak';
const peakName = (value: string): string => `${value}${SUFFIX}`;
