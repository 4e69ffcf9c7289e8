/** Runs a graph on tensors, for measurements; it is never served. */
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { OnnxModel } from '../graph/onnx.ts';
import { withSession } from './with-session.ts';

/** The values of a tensor, row-major. */
export interface Value {
  readonly dims: readonly number[];
  readonly data: Float32Array | Uint8Array | BigInt64Array;
}

/** Runs the graph once and gives its outputs by their names; those of another type than float32 are empty. */
export type Run = (
  inputs: Readonly<Record<string, Value>>,
) => Promise<Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>>;

/** Packed copies of the weights would take as much memory again. */
const UNPACKED = { extra: { session: { disable_prepacking: '1' } } } as const;

/**
 * Opens a graph for as long as `work` takes. `scratch` is the folder for what the runtime reads, as large as the model. Level
 * `disabled` runs the operators as they are written.
 */
export function withRunner<Result>(
  model: OnnxModel,
  scratch: string,
  level: 'extended' | 'disabled',
  work: (run: Run) => Promise<Result>,
): Promise<Result> {
  const options = { graphOptimizationLevel: level, ...UNPACKED } as const;
  return withSession(model, scratch, options, (session) => work((inputs) => runOnce(session, inputs)));
}

async function runOnce(session: InferenceSession, inputs: Parameters<Run>[0]): ReturnType<Run> {
  const tensors = Object.entries(inputs).map(([name, value]) => [name, toTensor(value)] as const);
  const outputs = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [
      name,
      { dims, data: data instanceof Float32Array ? data : new Float32Array() },
    ]),
  );
}

function toTensor({ dims, data }: Value): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, dims);
  return data instanceof Uint8Array ? new Tensor('uint8', data, dims) : new Tensor('int64', data, dims);
}
