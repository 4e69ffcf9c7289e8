/** The parameters of dataset readers, as far as they matter for a prediction. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { namedParams, parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';

/** A parameter that only training, or reading a data set, needs. */
export const unread = z.optional(z.unknown());

/** What every reader takes for reading a data set. */
const COMMON = {
  token_indexers: unread,
  max_instances: unread,
  manual_distributed_sharding: unread,
  manual_multiprocess_sharding: unread,
  lazy: unread,
  cache_directory: unread,
};

/** A strict schema of a reader: what it has beside the parameters of all readers. */
export function readerSchema<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.strictObject({ ...COMMON, ...shape });
}

/**
 * Reads the parameters of the archive's reader by the schema of its registrable name.
 *
 * @throws EngineError PACKAGE_INVALID for a reader that is not among them, and a parameter that is not supported
 */
export function readerParams<T>(
  { config }: TextArchive,
  schemas: Readonly<Record<string, z.ZodMiniType<T>>>,
): { readonly type: string; readonly params: T } {
  const { type, params } = namedParams(config.reader, '', 'dataset_reader');
  const schema = schemas[type];
  if (schema) return { type, params: parseParams(schema, params, 'dataset_reader') };
  throw new EngineError(
    'PACKAGE_INVALID',
    `The reader ${type} is not supported with this model; those are: ${Object.keys(schemas).sort().join(', ')}.`,
    { details: { type } },
  );
}
