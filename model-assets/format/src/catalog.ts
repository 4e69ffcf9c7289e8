/** `catalog.json` says which of the packages are deployed, and where they run. */
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { locateFault, PilotlightError } from './errors.ts';
import { modelNameSchema, modelVersionSchema } from './ref/names.ts';
import { parseJson } from './untrusted.ts';

const catalogSchema = z.strictObject({
  models: z.record(
    modelNameSchema,
    z.strictObject({
      version: modelVersionSchema,
      /** The place where the model runs: the functions, or the server with a GPU beside them. */
      tier: z.enum(['lambda', 'gpu'], 'must be lambda or gpu'),
    }),
  ),
});

export interface CatalogEntry {
  readonly name: string;
  readonly version: string;
  readonly tier: 'lambda' | 'gpu';
}

/**
 * Reads which models a catalog deploys, in which version, and where they run.
 *
 * @throws PilotlightError CATALOG_INVALID with the field at fault, also where there is no such file
 */
export function readCatalog(file: string): CatalogEntry[] {
  let json: unknown;
  try {
    json = parseJson(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw invalid(file, 'it is missing or is not JSON', cause);
  }
  const parsed = catalogSchema.safeParse(json);
  if (parsed.success) return Object.entries(parsed.data.models).map(([name, entry]) => ({ name, ...entry }));
  const { path, reason } = locateFault(parsed.error.issues[0]);
  throw invalid(file, `${path.join('.') || 'the top level'}: ${reason}`);
}

function invalid(file: string, reason: string, cause?: unknown): PilotlightError {
  return new PilotlightError('CATALOG_INVALID', `The catalog ${file} is not valid: ${reason}. Correct it.`, {
    cause,
  });
}
