import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import { ACTIVATIONS } from './encoder.ts';

/** Parts of the schemas of config.json that families share. */
export const size = z.int().positive();
export const activation = z.enum(ACTIVATIONS);

/** Parses config.json with the schema of its family. Throws SOURCE_INVALID naming the first field that does not fit. */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, config: unknown): z.infer<Schema> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') || 'config.json';
  throw new ToolchainError('SOURCE_INVALID', `config.json is not supported: ${field}: ${issue?.message}.`, {
    details: { field },
  });
}
