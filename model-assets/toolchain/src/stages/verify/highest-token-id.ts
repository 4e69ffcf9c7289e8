import { parseUntilFault } from '@pilotlight/model-format';
import * as z from 'zod/mini';

const id = z.int().check(z.nonnegative());

/** The parts of a tokenizer.json that say which tokens there are: BPE and WordPiece have a map, Unigram a list. */
const tokenizerSchema = z.object({
  added_tokens: z._default(z.array(z.object({ id })), []),
  model: z.object({ vocab: z.union([z.array(z.unknown()), z.custom<object>(isMap)]) }),
});
const idsSchema = z.array(id);

/** A map of tokens may have any key, `__proto__` too, which a record of zod leaves out. */
function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/**
 * The largest id that a tokenizer can give: the model needs an embedding for it. Throws where the content is no
 * tokenizer.json.
 */
export function highestTokenId(tokenizerJson: string): number {
  const { model, added_tokens } = parsed(tokenizerSchema, JSON.parse(tokenizerJson));
  const { vocab } = model;
  const ids = Array.isArray(vocab) ? [...vocab.keys()] : parsed(idsSchema, Object.values(vocab));
  return [...ids, ...added_tokens.map((token) => token.id)].reduce(
    (highest, own) => Math.max(highest, own),
    -1,
  );
}

function parsed<Value>(schema: z.ZodMiniType<Value>, value: unknown): Value {
  const result = parseUntilFault(schema, value);
  if (result.success) return result.data;
  throw result.error;
}
