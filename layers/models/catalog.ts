import { existsSync, readFileSync } from 'node:fs';
import { modelNameSchema, modelVersionSchema } from '@pilotlight/engine/manifest';
import * as z from 'zod';
import { LayerError } from '../build/errors.ts';

/** Where a model runs: in the functions, or in the container with a GPU beside them. */
export type Tier = 'lambda' | 'gpu';

const catalogSchema = z.object({
  models: z.record(
    modelNameSchema,
    z.object({ version: modelVersionSchema, tier: z.enum(['lambda', 'gpu']) }),
  ),
});

export interface CatalogEntry {
  readonly name: string;
  readonly version: string;
  readonly tier: Tier;
}

/** What catalog.json deploys: each model in its version, and where it runs. @throws LayerError CATALOG_INVALID */
export function readCatalog(file: string): CatalogEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw invalid(file, 'it is missing or is not JSON', cause);
  }
  const parsed = catalogSchema.safeParse(json);
  if (parsed.success) return Object.entries(parsed.data.models).map(([name, entry]) => ({ name, ...entry }));
  const issue = parsed.error.issues[0];
  throw invalid(file, `${issue?.path.join('.') || 'the top level'}: ${issue?.message ?? 'unknown reason'}`);
}

/** What the catalog says of one version of a model; nothing where it does not name it, or there is no catalog. */
export function catalogTier(file: string, { name, version }: Omit<CatalogEntry, 'tier'>): Tier | undefined {
  if (!existsSync(file)) return undefined;
  return readCatalog(file).find((entry) => entry.name === name && entry.version === version)?.tier;
}

function invalid(file: string, reason: string, cause?: unknown): LayerError {
  return new LayerError('CATALOG_INVALID', `The catalog ${file} is not valid: ${reason}. Correct it.`, {
    cause,
  });
}
