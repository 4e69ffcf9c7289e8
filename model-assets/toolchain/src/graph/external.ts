/** Models whose weights are in files of their own: loading them, and writing them so that they can be mapped. */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withRegularFile } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { encodeModel, type OnnxModel, type OnnxTensor, PROTOBUF_LIMIT, parseModel } from './onnx.ts';
import { byteCount, tensorBytes } from './tensor.ts';
import { tensorsIn } from './walk.ts';

/** Initialisers at least this large go to the weights file; smaller ones are cheaper to read with the graph. */
export const EXTERNAL_BYTES = 4096;
/** Offsets are multiples of the page size, so that the runtime maps a tensor instead of copying it. */
const PAGE_BYTES = 4096;

/** Gives the path of a file of weights that a model names, where it may be read; throws where it may not. */
export type Locate = (location: string) => string;

/**
 * Reads a model and finds the values that it keeps in other files; `weights` names those, relative to its folder. Large initialisers
 * stay where they are until they are asked for, so the files have to stay, too. Throws GRAPH_INVALID when one of them is
 * missing, too short, or not beside the model or below it; and what `locate` throws.
 */
export function loadModel(
  path: string,
  locate: Locate = (location) => join(dirname(path), location),
): { model: OnnxModel; weights: string[] } {
  const model = parseModel(readModelFile(path));
  const initializers = new Set(model.graph.initializer);
  const files = new Map<string, { readonly path: string; readonly bytes: number }>();
  for (const tensor of tensorsIn(model.graph)) {
    if (tensor.dataLocation !== 1) continue;
    const { location, offset, length } = externalRange(tensor);
    const file = files.get(location) ?? findFile(path, location, locate);
    files.set(location, file);
    if (offset + length > file.bytes) {
      throw new ToolchainError('GRAPH_INVALID', `'${location}' is shorter than the model says.`);
    }
    const read = (): Uint8Array => readRange(file.path, offset, length);
    const stays = length >= EXTERNAL_BYTES && initializers.has(tensor);
    Object.assign(tensor, stays ? { read } : { rawData: read() });
    tensor.dataLocation = 0;
    tensor.externalData = [];
  }
  return { model, weights: [...files.keys()].sort() };
}

function readModelFile(path: string): Uint8Array {
  return withRegularFile(path, (file) => {
    if (fstatSync(file).size <= PROTOBUF_LIMIT) return readFileSync(file);
    throw new ToolchainError('GRAPH_INVALID', 'An ONNX file holds less than 2 GiB; this one is larger.');
  });
}

function findFile(modelPath: string, location: string, locate: Locate): { path: string; bytes: number } {
  refuseUnlessInside(modelPath, location);
  const path = locate(location);
  return { path, bytes: withRegularFile(path, (file) => fstatSync(file).size) };
}

function externalRange(tensor: OnnxTensor): { location: string; offset: number; length: number } {
  const entries = new Map(tensor.externalData?.map(({ key, value }) => [key, value]));
  const expected = byteCount(tensor);
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? expected);
  if (length !== expected || !Number.isSafeInteger(offset) || offset < 0) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      `The external data of '${tensor.name}' does not fit its shape [${tensor.dims}].`,
    );
  }
  return { location: entries.get('location') ?? '', offset, length };
}

/** A location is a relative path below the folder of the model: nothing else of the machine is read. */
function refuseUnlessInside(modelPath: string, location: string): void {
  const parts = location.split('/');
  const inside =
    location !== '' && !/[\\:\0]/.test(location) && parts.every((part) => part !== '' && part !== '..');
  if (!inside) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      `The model keeps weights in '${location}', which is not a path inside its folder.`,
    );
  }
  if (existsSync(join(dirname(modelPath), ...parts))) return;
  throw new ToolchainError(
    'GRAPH_INVALID',
    `The model keeps weights in '${location}', which is missing beside it.`,
  );
}

function readRange(path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return withRegularFile(path, (file) => {
    for (let filled = 0; filled < length; ) {
      const read = readSync(file, bytes, filled, Math.min(length - filled, 2 ** 30), offset + filled);
      if (read === 0) throw new ToolchainError('GRAPH_INVALID', `${basename(path)} has become shorter.`);
      filled += read;
    }
    return bytes;
  });
}

/**
 * Writes the model to `graphPath`, and its large initialisers to `weightsPath` in the same folder, at offsets that
 * are multiples of 4,096, one tensor at a time. The same model gives the same bytes. The model is left as it was.
 * Gives false, and writes no weights, when no initialiser is large.
 */
export function saveModel(model: OnnxModel, graphPath: string, weightsPath: string): boolean {
  const initializer = model.graph.initializer;
  const large = new Set(initializer.filter((tensor) => byteCount(tensor) >= EXTERNAL_BYTES));
  const outside = writeWeights(large, weightsPath);
  try {
    model.graph.initializer = initializer.map((tensor) => outside.get(tensor) ?? tensor);
    writeFileSync(graphPath, encodeModel(model));
  } finally {
    model.graph.initializer = initializer;
  }
  return large.size > 0;
}

/** Writes tensors to a file; gives what stands for each of them in the graph. */
function writeWeights(tensors: ReadonlySet<OnnxTensor>, path: string): Map<OnnxTensor, OnnxTensor> {
  const outside = new Map<OnnxTensor, OnnxTensor>();
  if (tensors.size === 0) return outside;
  const file = openSync(path, 'w');
  try {
    let end = 0;
    for (const tensor of tensors) {
      const bytes = tensorBytes(tensor);
      const offset = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
      writeAt(file, bytes, offset);
      outside.set(tensor, externalTensor(tensor, basename(path), offset, bytes.byteLength));
      end = offset + bytes.byteLength;
    }
  } finally {
    closeSync(file);
  }
  return outside;
}

function externalTensor(
  { name, dims, dataType }: OnnxTensor,
  location: string,
  offset: number,
  length: number,
): OnnxTensor {
  const externalData = Object.entries({ location, offset, length }).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  return { name, dims, dataType, dataLocation: 1, externalData };
}

function writeAt(file: number, bytes: Uint8Array, position: number): void {
  for (let written = 0; written < bytes.byteLength; ) {
    written += writeSync(
      file,
      bytes,
      written,
      Math.min(bytes.byteLength - written, 2 ** 30),
      position + written,
    );
  }
}
