/** Facts about folders: how much room there is, and which layers are built. */
import { accessSync, constants, existsSync, readdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiskFacts, LayerFacts } from '../facts.ts';

/** A folder that is not there yet is judged by the one that it would be made in. */
export function readDisk(use: string, folder: string): DiskFacts {
  let path = folder;
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  return { use, path, free: readFree(path), writable: isWritable(path) };
}

function readFree(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function readLayers(folder: string): LayerFacts {
  return { folder, built: existsSync(folder) ? readdirSync(folder).sort() : [] };
}
