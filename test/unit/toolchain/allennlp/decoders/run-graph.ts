/** Graphs of decoders, run by onnxruntime-node in the test. */
import * as ort from 'onnxruntime-node';
import type { Feeds, Outputs } from '../../../../../layers/engine/src/ports.ts';
import type { ArchiveGraph } from '../../../../../model-assets/toolchain/src/allennlp/modules/module.ts';
import { encodeModel } from '../../../../../model-assets/toolchain/src/graph/onnx.ts';
import { flatten, type Nested } from '../../../../fixtures/allennlp-module.ts';

export type Run = (feeds: Feeds) => Promise<Outputs>;

export async function openGraph({ model, inputs }: ArchiveGraph): Promise<Run> {
  const session = await ort.InferenceSession.create(encodeModel(model), { intraOpNumThreads: 1 });
  return async (feeds) => {
    const fed = inputs.map(({ name, type }) => {
      const { data, dims } = feeds[name] ?? { data: new Float32Array(), dims: [0] };
      return [name, new ort.Tensor(type, data, dims)] as const;
    });
    const results = await session.run(Object.fromEntries(fed));
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { dims, data: Float32Array.from(data as Float32Array) },
      ]),
    );
  };
}

export function floatsOf(value: Nested): Feeds[string] {
  return { dims: shapeOf(value), data: Float32Array.from(flatten(value)) };
}

export function integersOf(value: Nested): Feeds[string] {
  return { dims: shapeOf(value), data: BigInt64Array.from(flatten(value), BigInt) };
}

function shapeOf(value: Nested): number[] {
  if (typeof value === 'number') return [];
  const [first] = value;
  return first === undefined ? [0] : [value.length, ...shapeOf(first)];
}
