/** Where somebody has installed node-llama-cpp, outside of this project. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';

export interface InstalledLlama {
  /** The URL of its module. */
  readonly module: string;
  readonly version: string;
}

const packageSchema = z.object({ main: z.string(), version: z.string() });

/** `undefined` where the folder has none. */
export function findLlama(folder: string | undefined): InstalledLlama | undefined {
  if (folder === undefined) return undefined;
  const root = join(folder, 'node_modules', 'node-llama-cpp');
  const file = join(root, 'package.json');
  if (!existsSync(file)) return undefined;
  const { main, version } = packageSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { module: pathToFileURL(join(root, main)).href, version };
}
