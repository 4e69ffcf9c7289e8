/** One instance of AllenNLP: the tensors that its dataset reader makes of an input, without a batch axis. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Feeds, TensorData } from '../../ports.ts';
import { copyRun } from './copy-run.ts';

export interface FieldTensor<Data extends TensorData = TensorData> {
  readonly dims: readonly number[];
  /** int64, float32, or bool with 1 for true. */
  readonly data: Data;
  /** The value beside shorter ones. @default 0 */
  readonly padding?: number;
  /** The least length of each axis, which is padded up to. @default - 0 for each */
  readonly least?: readonly number[];
}

/** `Metadata` is what the answer needs of the input beside the outputs of the graph: words, offsets. */
export interface Instance<Metadata = unknown> {
  /** By their paths in AllenNLP's model inputs, joined by dots: `tokens.tokens.token_ids`, `context_span`. */
  readonly tensors: Readonly<Record<string, FieldTensor>>;
  readonly metadata: Metadata;
}

/**
 * Stacks instances to one batch, `[batch, ...]`: every axis is as long as its longest, as AllenNLP's `Batch` pads. All of them have
 * the same tensors.
 */
export function stack(instances: readonly Instance[]): Feeds {
  const [first] = instances;
  const names = Object.keys(first?.tensors ?? {});
  return Object.fromEntries(
    names.map((name) => [name, stackTensors(instances.map(({ tensors }) => present(tensors[name], name)))]),
  );
}

/** The lengths of the axes of a batch: the greatest of its instances, and of the least that they ask for. */
export function paddedDims(tensors: readonly FieldTensor[]): number[] {
  const rank = tensors[0]?.dims.length ?? 0;
  return Array.from({ length: rank }, (_, axis) =>
    tensors.reduce((most, { dims, least }) => Math.max(most, dims[axis] ?? 0, least?.[axis] ?? 0), 0),
  );
}

function stackTensors(tensors: readonly FieldTensor[]): Feeds[string] {
  const dims = paddedDims(tensors);
  const size = dims.reduce((product, dim) => product * dim, 1);
  const [first] = tensors;
  const padding = first?.padding ?? 0;
  const data = emptyLike(first?.data, tensors.length * size, padding);
  for (const [row, tensor] of tensors.entries()) {
    copyRows(tensor.data, tensor.dims, data, dims, row * size);
  }
  return { dims: [tensors.length, ...dims], data };
}

function emptyLike(data: TensorData | undefined, length: number, padding: number): TensorData {
  if (data instanceof BigInt64Array) return new BigInt64Array(length).fill(BigInt(padding));
  if (data instanceof Float32Array) return new Float32Array(length).fill(padding);
  return new Uint8Array(length).fill(padding);
}

/** Copies a tensor of `dims` into one of the longer `paddedTo` that begins at `at`, run by run of the last axis. */
function copyRows(
  from: TensorData,
  dims: readonly number[],
  to: TensorData,
  paddedTo: readonly number[],
  at: number,
): void {
  const run = dims.at(-1) ?? 1;
  const runs = dims.slice(0, -1).reduce((product, dim) => product * dim, 1);
  if (run === 0) return;
  for (let index = 0; index < runs; index++) {
    let rest = index;
    let offset = 0;
    let stride = paddedTo.at(-1) ?? 1;
    for (let axis = dims.length - 2; axis >= 0; axis--) {
      const dim = dims[axis] ?? 1;
      offset += (rest % dim) * stride;
      rest = Math.floor(rest / dim);
      stride *= paddedTo[axis] ?? 1;
    }
    copyRun(from, index * run, run, to, at + offset);
  }
}

function present(tensor: FieldTensor | undefined, name: string): FieldTensor {
  if (tensor) return tensor;
  throw new EngineError('PACKAGE_INVALID', `An instance of a batch has no tensor ${name}.`);
}
