/** The keys by which the indexers of the reader and the embedders of the model find each other. */
import { z } from 'zod';

const parts = z.record(z.string(), z.unknown());
const modelSchema = z.object({ text_field_embedder: z.object({ token_embedders: parts }) });
const readerSchema = z.object({ token_indexers: parts });

interface KeyFault {
  readonly at: string;
  readonly reason: string;
}

const PLACE = 'model.text_field_embedder.token_embedders';

/** AllenNLP raises at every input where one side has a key that the other lacks; nothing is said of parts that are not spelled out. */
export function checkTokenKeys(model: unknown, reader: unknown): KeyFault[] {
  const embedders = modelSchema.safeParse(model).data?.text_field_embedder.token_embedders;
  const indexers = readerSchema.safeParse(reader).data?.token_indexers;
  if (embedders === undefined || indexers === undefined) return [];
  const lacking = Object.keys(embedders).filter((key) => !Object.hasOwn(indexers, key));
  const spare = Object.keys(indexers).filter((key) => !Object.hasOwn(embedders, key));
  return [
    ...lacking.map((key) => ({
      at: `${PLACE}.${key}`,
      reason: 'the reader has no token indexer of this key',
    })),
    ...spare.map((key) => ({ at: PLACE, reason: `there is no embedder for the token indexer '${key}'` })),
  ];
}
