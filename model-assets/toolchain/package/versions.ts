import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const packageSchema = z.object({ version: z.string() });

/** Version of this project, as its package.json says. */
export function pilotlightVersion(): string {
  const file = join(import.meta.dirname, '../../../package.json');
  return packageSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
