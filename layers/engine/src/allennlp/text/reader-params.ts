/** Parameters of every dataset reader that say how files are read, which prediction never does. */
import * as z from 'zod/mini';

const ignored = z.optional(z.unknown());

export const ignoredReaderParams = {
  lazy: ignored,
  cache_directory: ignored,
  max_instances: ignored,
  manual_distributed_sharding: ignored,
  manual_multiprocess_sharding: ignored,
  serialization_dir: ignored,
};
