import { readFileSync } from 'node:fs';
import { modelNameSchema, modelVersionSchema } from '@pilotlight/engine/manifest';
import * as z from 'zod';
import { LayerError } from '../build/errors.ts';
import type { Tier } from './describe.ts';

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

function invalid(file: string, reason: string, cause?: unknown): LayerError {
  return new LayerError('CATALOG_INVALID', `The catalog ${file} is not valid: ${reason}. Correct it.`, {
    cause,
  });
}
