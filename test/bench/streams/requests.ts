/** The requests of `bench streams`: the inputs of a package's goldens, with lengths that are known and a seed where tokens are drawn. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { STREAMS_MODEL } from '../default-models.ts';
import { ROOT } from '../paths.ts';
import type { StreamRequest } from './protocol.ts';

/** The folder of the packages that lie in the repository. */
export const PACKAGES = join(ROOT, 'model-assets', 'packages');
/** Requests that differ. */
const REQUESTS = 96;
/** Tokens of an answer: another number in each. */
export const LENGTHS = { least: 64, most: 64 + REQUESTS - 1 } as const;

const goldenSchema = z.object({ input: z.string() });

export function makeStreamRequests(): readonly StreamRequest[] {
  const folder = join(PACKAGES, STREAMS_MODEL);
  const [version = ''] = readdirSync(folder);
  const file = join(folder, version, 'goldens.jsonl');
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const inputs = lines.map((line) => goldenSchema.parse(JSON.parse(line)).input);
  return Array.from({ length: REQUESTS }, (_, index) => {
    const tokens = LENGTHS.least + index;
    const drawn = index % 2 === 0 ? {} : { do_sample: true, seed: index };
    return {
      inputs: inputs[index % inputs.length] ?? '',
      parameters: { min_new_tokens: tokens, max_new_tokens: tokens, ...drawn },
      tokens,
    };
  });
}
