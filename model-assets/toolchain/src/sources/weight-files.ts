/** The weights of a checkpoint: model.safetensors or pytorch_model.bin, or several such files and the index that names them. */
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { WeightSource } from '../graph/weights.ts';
import { TorchFile } from '../torch/torch-file.ts';
import type { SourceFolder } from './folder.ts';
import { recordOf } from './json.ts';
import { SafetensorsFile } from './safetensors-file.ts';

/** One file of tensors, open until `close`. Tensors are read one by one. */
export interface WeightsFile {
  readonly entries: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  /** Values of a floating-point tensor as float32. @throws ToolchainError WEIGHTS_INVALID */
  readFloats(name: string): Float32Array;
  close(): void;
}

const indexSchema = z.object({ weight_map: recordOf(z.string()) });

export interface WeightFormat {
  /** All weights in one file. */
  readonly file: string;
  /** Names the file of each tensor. */
  readonly index: string;
  /** Names that the index may have. Every one is a plain file name: an index cannot lead out of the folder. */
  readonly shard: RegExp;
  /** @throws ToolchainError WEIGHTS_INVALID */
  open(path: string): WeightsFile;
}

/** The preferred one first. */
const FORMATS: readonly WeightFormat[] = [
  {
    file: 'model.safetensors',
    index: 'model.safetensors.index.json',
    shard: /^[\w.-]+\.safetensors$/,
    open: (path) => new SafetensorsFile(path),
  },
  {
    file: 'pytorch_model.bin',
    index: 'pytorch_model.bin.index.json',
    shard: /^[\w.-]+\.bin$/,
    open: (path) => new TorchFile(path),
  },
];

/** The format of the weights that are read, of those that a folder has. */
export function findFormat(folder: Pick<SourceFolder, 'has'>): WeightFormat | undefined {
  return FORMATS.find(({ file, index }) => folder.has(file) || folder.has(index));
}

/** Tells whether the folder has weights of a whole model. */
export function hasWeights(folder: SourceFolder): boolean {
  return findFormat(folder) !== undefined;
}

/**
 * The weights of a checkpoint folder, in one file or in several with an index. What all names begin with is left out: `module.`
 * of DataParallel, `_orig_mod.` of torch.compile, `model.` of Lightning, or whatever the module was called that the model was in.
 */
export class WeightFiles implements WeightSource {
  readonly #shards: readonly WeightsFile[];
  readonly #shardOf: ReadonlyMap<string, WeightsFile>;
  readonly #prefix: string;

  /** @throws ToolchainError SOURCE_NOT_FOUND when the folder has no weights, WEIGHTS_INVALID when they are broken */
  constructor(folder: SourceFolder) {
    const format = findFormat(folder);
    if (format === undefined) {
      throw new ToolchainError(
        'SOURCE_NOT_FOUND',
        'The folder has no model.safetensors and no pytorch_model.bin.',
      );
    }
    const index = folder.has(format.file) ? undefined : readIndex(folder, format);
    const shardNames = index === undefined ? [format.file] : [...new Set(index.values())].sort();
    const shards: WeightsFile[] = [];
    const shardOf = new Map<string, WeightsFile>();
    try {
      for (const name of shardNames) {
        const shard = format.open(folder.use(name));
        shards.push(shard);
        for (const tensor of shard.entries.keys()) {
          if (shardOf.has(tensor)) {
            throw new ToolchainError(
              'WEIGHTS_INVALID',
              `Tensor '${tensor}' is in ${name} and in a file before it.`,
            );
          }
          shardOf.set(tensor, shard);
          if (index !== undefined && index.get(tensor) !== name)
            throw misplaced(tensor, name, { file: format.index, has: index.get(tensor) });
        }
      }
      for (const [tensor, name] of index ?? []) {
        if (!shardOf.has(tensor)) {
          throw new ToolchainError(
            'WEIGHTS_INVALID',
            `${format.index} has tensor '${tensor}' in ${name}, which does not hold it.`,
          );
        }
      }
    } catch (error) {
      for (const shard of shards) shard.close();
      throw error;
    }
    this.#shards = shards;
    this.#shardOf = shardOf;
    this.#prefix = commonPrefix(shardOf.keys());
  }

  names(): Iterable<string> {
    return Array.from(this.#shardOf.keys(), (name) => name.slice(this.#prefix.length));
  }

  shape(name: string): readonly number[] | undefined {
    const full = this.#prefix + name;
    return this.#shardOf.get(full)?.entries.get(full)?.shape;
  }

  read(name: string): Float32Array {
    const full = this.#prefix + name;
    const shard = this.#shardOf.get(full);
    if (!shard) throw new ToolchainError('WEIGHTS_INVALID', `The checkpoint has no tensor '${full}'.`);
    return shard.readFloats(full);
  }

  close(): void {
    for (const shard of this.#shards) shard.close();
  }
}

function misplaced(
  tensor: string,
  file: string,
  index: { readonly file: string; readonly has: string | undefined },
): ToolchainError {
  const said = index.has === undefined ? 'does not name it' : `has it in ${index.has}`;
  return new ToolchainError(
    'WEIGHTS_INVALID',
    `Tensor '${tensor}' is in ${file}, but ${index.file} ${said}.`,
  );
}

/** The longest run of whole words, each with its dot, that every name begins with and none consists of. */
function commonPrefix(names: Iterable<string>): string {
  const [first = '', ...others] = names;
  const words = first.split('.').slice(0, -1);
  let prefix = '';
  for (const word of words) {
    const longer = `${prefix}${word}.`;
    if (!others.every((name) => name.startsWith(longer) && name.length > longer.length)) break;
    prefix = longer;
  }
  return prefix;
}

/** The shard of each tensor. @throws ToolchainError SOURCE_NOT_FOUND, WEIGHTS_INVALID */
export function readIndex(
  folder: Pick<SourceFolder, 'has' | 'json'>,
  { index: file, shard: pattern }: WeightFormat,
): ReadonlyMap<string, string> {
  const index = folder.json(file, indexSchema);
  const shardOf = new Map(Object.entries(index?.weight_map ?? {}));
  for (const shard of new Set(shardOf.values())) {
    if (!pattern.test(shard)) {
      throw new ToolchainError(
        'WEIGHTS_INVALID',
        `${file} names '${shard}', which is not a file of the folder.`,
      );
    }
    if (!folder.has(shard)) {
      throw new ToolchainError(
        'SOURCE_NOT_FOUND',
        `${file} names '${shard}', which the folder does not have.`,
      );
    }
  }
  return shardOf;
}
