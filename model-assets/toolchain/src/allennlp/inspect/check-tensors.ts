/** Compares the tensors of an archive with those that its config.json asks for, without reading one: what `load_state_dict` calls missing keys. */
import { elementCount } from '../../graph/tensor.ts';
import type { Archive } from '../archive/open-archive.ts';
import { buildGraphs } from '../models/index.ts';
import type { ArchiveParts } from '../modules/module.ts';

export interface TensorReport {
  /** With the shapes that config.json makes. */
  readonly missing: readonly { readonly name: string; readonly dims: readonly number[] }[];
  readonly misshapen: readonly {
    readonly name: string;
    readonly dims: readonly number[];
    readonly expected: readonly number[];
  }[];
  /** Tensors of the file that no part of the model asks for. */
  readonly unused: readonly string[];
}

/**
 * Builds the graphs with zeros for values, and listens to what is asked for.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED, SOURCE_INVALID where they cannot be built whatever the values are
 */
export function checkTensors(archive: Archive): TensorReport {
  const asked = new Map<string, readonly number[]>();
  const listening: ArchiveParts = {
    reader: archive.config.reader,
    tensorNames: () => archive.tensorNames(),
    tensorDims: (name) => archive.tensorDims(name),
    tensor(name) {
      const dims = archive.tensorDims(name) ?? [];
      asked.set(name, dims);
      return { dims, data: new Float32Array(elementCount(dims)) };
    },
    standIn(name, dims) {
      asked.set(name, dims);
      return new Float32Array(elementCount(dims));
    },
    vocabularySize: (namespace) => archive.vocabularySize(namespace),
    vocabularyIndex: (namespace, token) => archive.vocabularyIndex(namespace, token),
    hubConfig: (modelName) => archive.hubConfig(modelName),
    baseFile: (path) => archive.baseFile?.(path),
  };
  buildGraphs(listening, archive.config.model);
  const wanted = [...asked].map(([name, expected]) => ({ name, expected, dims: archive.tensorDims(name) }));
  return {
    missing: wanted.flatMap(({ name, expected, dims }) =>
      dims === undefined ? [{ name, dims: expected }] : [],
    ),
    misshapen: wanted.flatMap(({ name, expected, dims }) =>
      dims !== undefined && String(dims) !== String(expected) ? [{ name, dims, expected }] : [],
    ),
    unused: [...archive.tensorNames()].filter((name) => !asked.has(name)),
  };
}
