/** Parameters of the dataset readers of reading comprehension. */
import * as z from 'zod/mini';

/** What only training reads. */
export const ignored = z.optional(z.unknown());

/** What every dataset reader takes, and only training reads. */
export const ofReaders = {
  type: z.string(),
  lazy: ignored,
  max_instances: ignored,
  cache_directory: ignored,
  manual_distributed_sharding: ignored,
  manual_multiprocess_sharding: ignored,
  serialization_dir: ignored,
};

const limit = z.nullish(z.int().check(z.positive()));

/** What readers of a passage and a question take. */
export const ofPassages = {
  ...ofReaders,
  tokenizer: z.optional(z.unknown()),
  token_indexers: z.optional(z.unknown()),
  passage_length_limit: limit,
  question_length_limit: limit,
};
