/** Reads bodies as TEI does: it has an error of its own for what is empty, and fields that it does not know are nothing to it. */
import type * as z from 'zod/mini';
import { parseBody, refuseEmpty, refuseField } from '../../http/request/parse.ts';

interface Foreign {
  readonly reason: string;
  /** The value that asks for what TEI's routes do by themselves. @default - there is none */
  readonly same?: unknown;
}

/** Fields by which other servers are asked for another answer. They are refused, because a client would take ours for that one. */
const FOREIGN: ReadonlyMap<string, Foreign> = new Map([
  ['normalise', { reason: 'is spelled normalize here', same: true }],
  ['normalize_embeddings', { reason: 'is normalize here', same: true }],
  ['truncate_dim', { reason: 'is dimensions here' }],
  ['pooling', { reason: 'is that of the model here; POST /models/{model} takes it among its parameters' }],
  ['input_type', { reason: 'is not known here; send prompt_name' }],
  ['encoding_format', { reason: 'is not known here; POST /v1/embeddings takes it', same: 'float' }],
  ['return_documents', { reason: 'is return_text here', same: false }],
  ['top_k', { reason: 'is not known here; /rerank takes top_n' }],
]);

/** @throws EngineError INVALID_INPUT with `field` */
export function readBody<T>(schema: z.ZodMiniType<T>, body: unknown): T {
  const read = parseBody(schema, body);
  for (const [name, value] of Object.entries(Object(body))) {
    const foreign = FOREIGN.get(name);
    if (foreign && value !== null && value !== foreign.same) throw refuseField(name, foreign.reason);
  }
  return read;
}

/** @throws HttpError EMPTY_INPUT for a list without texts, and for a text or a list of ids that is empty */
export function refuseEmptyAmong(list: readonly (string | readonly unknown[])[], field: string): void {
  if (list.length === 0) throw refuseEmpty(field);
  const empty = list.findIndex(({ length }) => length === 0);
  if (empty >= 0) throw refuseEmpty(`${field}[${empty}]`);
}
