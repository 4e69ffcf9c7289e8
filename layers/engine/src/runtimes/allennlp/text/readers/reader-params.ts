/** What every dataset reader of AllenNLP takes. */
import * as z from 'zod/mini';

/** A parameter that only training reads. */
export const training = z.optional(z.unknown());

/** Parameters of every dataset reader that make no difference to a prediction. */
export const commonReaderParams = {
  type: z.string(),
  lazy: training,
  cache_directory: training,
  max_instances: training,
  manual_distributed_sharding: training,
  manual_multiprocess_sharding: training,
  serialization_dir: training,
};

/** Parts of a reader that are opened by their own registries. */
export const tokenizerParam = z.optional(z.unknown());
export const indexersParam = z.optional(z.unknown());
