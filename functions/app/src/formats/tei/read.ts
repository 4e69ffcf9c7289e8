/** Reads bodies as TEI does: it has an error of its own for what is empty, and fields that it does not know are nothing to it. */
import type * as z from 'zod/mini';
import { parseBody, refuseEmpty, refuseField } from '../../http/request/parse.ts';

/** Fields by which other servers are asked for another answer. They are refused, because a client would take ours for that one. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['normalise', 'is spelled normalize here'],
  ['normalize_embeddings', 'is normalize here'],
  ['truncate_dim', 'is dimensions here'],
  ['pooling', 'is that of the model here; POST /models/{model} takes it among its parameters'],
  ['input_type', 'is not known here; send prompt_name'],
  ['encoding_format', 'is not known here; POST /v1/embeddings takes it'],
  ['return_documents', 'is return_text here'],
  ['top_k', 'is not known here; /rerank takes top_n'],
]);

/** @throws EngineError INVALID_INPUT with `field` */
export function readBody<T>(schema: z.ZodMiniType<T>, body: unknown): T {
  const read = parseBody(schema, body);
  for (const name of Object.keys(Object(body))) {
    const reason = FOREIGN.get(name);
    if (reason !== undefined) throw refuseField(name, reason);
  }
  return read;
}

/** @throws HttpError EMPTY_INPUT for a list without texts, and for a text or a list of ids that is empty */
export function refuseEmptyAmong(list: readonly (string | readonly unknown[])[], field: string): void {
  if (list.length === 0) throw refuseEmpty(field);
  const empty = list.findIndex(({ length }) => length === 0);
  if (empty >= 0) throw refuseEmpty(`${field}[${empty}]`);
}
