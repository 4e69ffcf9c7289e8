/** catalog.json: which models a deployment serves, of all the packages that there are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelNameSchema, modelVersionSchema } from '@pilotlight/engine/manifest';
import * as z from 'zod';
import { ToolchainError } from '../errors.ts';

export const DEFAULT_CATALOG = join(import.meta.dirname, '../../catalog.json');

const catalogSchema = z
  .strictObject({
    models: z.record(
      modelNameSchema,
      z.strictObject({
        version: modelVersionSchema,
        /** Other names that requests may use. */
        aliases: z.array(modelNameSchema).optional(),
        /** Where the model runs: in the functions, or in the container beside them. */
        tier: z.enum(['lambda', 'gpu']),
      }),
    ),
  })
  .refine(({ models }) => {
    const names = Object.entries(models).flatMap(([name, { aliases = [] }]) => [name, ...aliases]);
    return new Set(names).size === names.length;
  }, 'a name or alias is there twice');
export type Catalog = z.infer<typeof catalogSchema>;

/** Reads a catalog; one that is not there serves nothing. Throws SOURCE_INVALID. */
export function readCatalog(file: string): Catalog {
  if (!existsSync(file)) return { models: {} };
  try {
    return catalogSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const reason =
      issue === undefined ? 'it is not JSON' : `${issue.path.join('.') || 'models'}: ${issue.message}`;
    throw new ToolchainError('SOURCE_INVALID', `The catalog ${file} is not valid: ${reason}.`, { cause });
  }
}
