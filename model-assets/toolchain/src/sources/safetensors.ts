/** The weights of a checkpoint: model.safetensors, or several files and the index that names them. */
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { WeightSource } from '../graph/weights.ts';
import type { SourceFolder } from './folder.ts';
import { recordOf } from './json.ts';
import { SafetensorsFile } from './safetensors-file.ts';

const indexSchema = z.object({ weight_map: recordOf(z.string()) });

const WEIGHTS_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';

/** Tells whether the folder has weights of this format. */
export function hasSafetensors(folder: SourceFolder): boolean {
  return [WEIGHTS_FILE, INDEX_FILE].some((file) => folder.has(file));
}

/**
 * The weights of a checkpoint folder, in one file or in several with an index. What all names begin with is left out: `module.`
 * of DataParallel, `_orig_mod.` of torch.compile, `model.` of Lightning, or whatever the module was called that the model was in.
 */
export class Safetensors implements WeightSource {
  readonly #shards: readonly SafetensorsFile[];
  readonly #shardOf: ReadonlyMap<string, SafetensorsFile>;
  readonly #prefix: string;

  /** Throws SOURCE_NOT_FOUND when the folder has no safetensors weights, WEIGHTS_INVALID when they are broken. */
  constructor(folder: SourceFolder) {
    const index = folder.has(WEIGHTS_FILE) ? undefined : readIndex(folder);
    const shardNames = index === undefined ? [WEIGHTS_FILE] : [...new Set(index.values())].sort();
    const shards: SafetensorsFile[] = [];
    const shardOf = new Map<string, SafetensorsFile>();
    try {
      for (const name of shardNames) {
        const shard = new SafetensorsFile(folder.use(name));
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
            throw misplaced(tensor, name, index.get(tensor));
        }
      }
      for (const [tensor, name] of index ?? []) {
        if (!shardOf.has(tensor)) {
          throw new ToolchainError(
            'WEIGHTS_INVALID',
            `${INDEX_FILE} has tensor '${tensor}' in ${name}, which does not hold it.`,
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

function misplaced(tensor: string, file: string, indexed: string | undefined): ToolchainError {
  const said = indexed === undefined ? 'does not name it' : `has it in ${indexed}`;
  return new ToolchainError(
    'WEIGHTS_INVALID',
    `Tensor '${tensor}' is in ${file}, but ${INDEX_FILE} ${said}.`,
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

/** The shard of each tensor. Every one is a plain file name: an index cannot lead out of the folder. */
function readIndex(folder: SourceFolder): ReadonlyMap<string, string> {
  const index = folder.json(INDEX_FILE, indexSchema);
  if (index === undefined) {
    throw new ToolchainError('SOURCE_NOT_FOUND', `The folder has no ${WEIGHTS_FILE}.`);
  }
  const shardOf = new Map(Object.entries(index.weight_map));
  for (const shard of new Set(shardOf.values())) {
    if (!/^[\w.-]+\.safetensors$/.test(shard)) {
      throw new ToolchainError(
        'WEIGHTS_INVALID',
        `${INDEX_FILE} names '${shard}', which is not a file of the folder.`,
      );
    }
    if (!folder.has(shard)) {
      throw new ToolchainError(
        'SOURCE_NOT_FOUND',
        `${INDEX_FILE} names '${shard}', which the folder does not have.`,
      );
    }
  }
  return shardOf;
}
