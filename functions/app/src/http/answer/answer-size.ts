import { EngineError } from '@pilotlight/engine';
import type { Context } from 'hono';

/** Numbers of one answer. */
const MAX_VALUES = 4_000_000;
/** The same as JSON, and the bytes of answers of texts. */
export const MAX_ANSWER_BYTES = 20 * MAX_VALUES;

/**
 * The most bytes that an invocation of Lambda may answer, headers and escapes included:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const LAMBDA_BYTES = 6_291_556;
const HEADER_BYTES = 16_384;
/** The bytes of them that are left for the body, in the form in which it is sent. */
export const LAMBDA_BODY_BYTES = LAMBDA_BYTES - HEADER_BYTES;
/** In JSON, a character of a text takes so many bytes at most, unless it is a control character, which JSON does not have. */
const BYTES_OF_CHARACTER = 3;

/** @throws EngineError ANSWER_TOO_LARGE */
export function refuseMoreValues(values: number): void {
  if (values <= MAX_VALUES) return;
  throw new EngineError(
    'ANSWER_TOO_LARGE',
    `The answer would have more than ${MAX_VALUES} numbers. Send fewer inputs, or have them pooled.`,
  );
}

/**
 * Refuses a body that Lambda would not pass on: the client would get a 500 of API Gateway's. A text goes into its JSON,
 * bytes in base64. A server has no such limit.
 *
 * @throws EngineError ANSWER_TOO_LARGE
 */
export function refuseMoreThanLambdaTakes(c: Context, body: string | Uint8Array): void {
  if (!isWholeOnLambda(c) || bytesInLambda(body) <= LAMBDA_BODY_BYTES) return;
  throw new EngineError(
    'ANSWER_TOO_LARGE',
    'The answer is larger than the 6 MB that a Lambda function may give. Send fewer inputs, accept gzip, or make a job of it.',
  );
}

/** Whether the answer is that of an invocation of Lambda, which takes it whole at its end. */
export function isWholeOnLambda({ env }: Context): boolean {
  const { lambdaContext, streams = false }: { lambdaContext?: unknown; streams?: boolean } = env ?? {};
  return lambdaContext !== undefined && !streams;
}

function bytesInLambda(body: string | Uint8Array): number {
  if (typeof body !== 'string') return Math.ceil(body.byteLength / 3) * 4;
  const most = body.length * BYTES_OF_CHARACTER;
  return most <= LAMBDA_BODY_BYTES ? most : Buffer.byteLength(JSON.stringify(body));
}

/** Counts the numbers of results that have a vector for each token. */
export function countValues(results: readonly unknown[]): number {
  let values = 0;
  for (const result of results) {
    const first: unknown = Array.isArray(result) ? result[0] : undefined;
    if (Array.isArray(result) && Array.isArray(first)) values += result.length * first.length;
  }
  return values;
}
