/** A job's request, sent to the app of this process; its answer, as what it means to the job. */

import { STATUS_OF } from '@pilotlight/app/internal/http/error-codes';
import type { JobError, JobRequest } from '@pilotlight/app/internal/jobs/job';
import type { JobAnswer } from '@pilotlight/app/internal/jobs/store';
import * as z from 'zod/mini';

export type ReplayOutcome =
  | { readonly kind: 'done'; readonly answer: JobAnswer }
  /** Another attempt would be refused, too. */
  | { readonly kind: 'refused'; readonly error: JobError }
  /** Another attempt may succeed. */
  | { readonly kind: 'failed'; readonly error: JobError }
  /** The server has too much to do. */
  | { readonly kind: 'overloaded' }
  | { readonly kind: 'aborted' };

export type Fetch = (request: Request) => Response | Promise<Response>;

/** No resolver sees this name, because the app looks at the path alone. */
const ORIGIN = 'http://jobs.invalid';
const TYPE = 'content-type';

/** The headers of an answer that are kept: they say which model answered. */
const KEPT_HEADERS = /^(?:x-pilotlight-\w+|x-compute-tokens)$/;

/** The formats differ in where they have message and code. */
const errorSchema = z.union([
  z.object({ error: z.string(), code: z.string() }),
  z.object({ error: z.object({ message: z.string(), code: z.string() }) }),
]);
const MAX_MESSAGE = 2000;

export async function replay(
  fetch: Fetch,
  { path, contentType, accept, body }: JobRequest,
  signal: AbortSignal,
): Promise<ReplayOutcome> {
  const request = new Request(ORIGIN + path, {
    method: 'POST',
    headers: { [TYPE]: contentType, ...(accept !== undefined && { accept }) },
    body: new Uint8Array(body),
    signal,
  });
  const response = await fetch(request);
  const answer = new Uint8Array(await response.arrayBuffer());
  if (response.ok) return { kind: 'done', answer: { body: answer, ...describe(response.headers) } };
  if (signal.aborted) return { kind: 'aborted' };
  return interpretError(readError(response.status, answer));
}

function describe(headers: Headers): Omit<JobAnswer, 'body'> {
  const kept = [...headers].filter(([name]) => KEPT_HEADERS.test(name));
  return { contentType: headers.get(TYPE) ?? 'application/octet-stream', headers: Object.fromEntries(kept) };
}

function interpretError(error: JobError): ReplayOutcome {
  if (error.status === 429) return { kind: 'overloaded' };
  return { kind: error.status >= 500 ? 'failed' : 'refused', error };
}

/** The status is that of the code, because a format may have another status for the same code. */
function readError(status: number, body: Uint8Array): JobError {
  const parsed = errorSchema.safeParse(parse(body));
  if (!parsed.success) return { status, code: 'INTERNAL', message: `It was answered with ${status}.` };
  const { error } = parsed.data;
  const { code, message } =
    typeof error === 'string' ? { code: readCode(parsed.data), message: error } : error;
  const own = Object.entries(STATUS_OF).find(([name]) => name === code)?.[1];
  return { status: own ?? status, code, message: message.slice(0, MAX_MESSAGE) };
}

function readCode(body: object): string {
  return 'code' in body && typeof body.code === 'string' ? body.code : 'INTERNAL';
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
