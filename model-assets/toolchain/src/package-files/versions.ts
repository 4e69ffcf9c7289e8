import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const packageSchema = z.object({ version: z.string() });

/** Version of this project, as its package.json says. */
export function pilotlightVersion(): string {
  return versionIn(join(import.meta.dirname, '../../package.json'));
}

/** Version of the transformers.js that is installed. */
export function transformersVersion(): string {
  return versionIn(
    fileURLToPath(new URL('../package.json', import.meta.resolve('@huggingface/transformers'))),
  );
}

function versionIn(file: string): string {
  return packageSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
