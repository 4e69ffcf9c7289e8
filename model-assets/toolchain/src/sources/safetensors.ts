/** The weights of a checkpoint: model.safetensors, or several files and the index that names them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { WeightSource } from '../graph/weights.ts';
import { SafetensorsFile } from './safetensors-file.ts';

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

const WEIGHTS_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';

/** Tells whether the folder has weights of this format. */
export function hasSafetensors(folder: string): boolean {
  return [WEIGHTS_FILE, INDEX_FILE].some((file) => existsSync(join(folder, file)));
}

/** The weights of a checkpoint folder, in one file or in several with an index. */
export class Safetensors implements WeightSource {
  /** Names of the files read, the index included. */
  readonly files: readonly string[];
  readonly #shards: readonly SafetensorsFile[];
  readonly #shardOf: ReadonlyMap<string, SafetensorsFile>;

  /** Throws SOURCE_NOT_FOUND when the folder has no safetensors weights, WEIGHTS_INVALID when they are broken. */
  constructor(folder: string) {
    const single = existsSync(join(folder, WEIGHTS_FILE));
    const index = single ? undefined : readIndex(folder);
    const shardNames = index === undefined ? [WEIGHTS_FILE] : [...new Set(index.values())].sort();
    this.files = single ? shardNames : [INDEX_FILE, ...shardNames];
    const shards: SafetensorsFile[] = [];
    const shardOf = new Map<string, SafetensorsFile>();
    try {
      for (const name of shardNames) {
        const shard = new SafetensorsFile(join(folder, name));
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
  }

  names(): Iterable<string> {
    return this.#shardOf.keys();
  }

  shape(name: string): readonly number[] | undefined {
    return this.#shardOf.get(name)?.entries.get(name)?.shape;
  }

  read(name: string): Float32Array {
    const shard = this.#shardOf.get(name);
    if (!shard) throw new ToolchainError('WEIGHTS_INVALID', `The checkpoint has no tensor '${name}'.`);
    return shard.readFloats(name);
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

/** The shard of each tensor. Every one is a plain file name: an index cannot lead out of the folder. */
function readIndex(folder: string): ReadonlyMap<string, string> {
  const path = join(folder, INDEX_FILE);
  if (!existsSync(path)) {
    throw new ToolchainError('SOURCE_NOT_FOUND', `The folder has no ${WEIGHTS_FILE}.`);
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ToolchainError('WEIGHTS_INVALID', `${INDEX_FILE} is not JSON.`, { cause });
  }
  const index = indexSchema.safeParse(content);
  if (!index.success) throw new ToolchainError('WEIGHTS_INVALID', `${INDEX_FILE} has no valid weight_map.`);
  const shardOf = new Map(Object.entries(index.data.weight_map));
  for (const shard of new Set(shardOf.values())) {
    if (!/^[\w.-]+\.safetensors$/.test(shard)) {
      throw new ToolchainError(
        'WEIGHTS_INVALID',
        `${INDEX_FILE} names '${shard}', which is not a file of the folder.`,
      );
    }
    if (!existsSync(join(folder, shard))) {
      throw new ToolchainError(
        'SOURCE_NOT_FOUND',
        `${INDEX_FILE} names '${shard}', which the folder does not have.`,
      );
    }
  }
  return shardOf;
}
