/** Answers, of JSON as a rule, compressed for those who ask for it. */
import { EngineError } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { refuseMoreThanLambdaTakes } from './answer-size.ts';
import { RawAnswer } from './raw-answer.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

/**
 * Smaller answers are sent as they are. A server sends some 14,600 bytes at once, before the client says that it got any
 * (https://www.rfc-editor.org/rfc/rfc6928), so that a smaller answer would arrive no sooner. See ADR-compression.md.
 */
const LEAST_BYTES = 16_000;

export interface Sending {
  /** Whether its numbers are those of a model. @default false */
  readonly predicted?: boolean;
  /** Whether the value is made into JSON in slices. @default false */
  readonly large?: boolean;
  /** Counts the answer until it is sent. @default - nobody does */
  readonly unsent?: UnsentAnswers;
}

/** Sends a `RawAnswer` as it is, and any other value as JSON. @throws EngineError ANSWER_TOO_LARGE, OVERLOADED */
export async function respond(
  c: Context,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  sending: Sending = {},
): Promise<Response> {
  if (!(value instanceof RawAnswer)) return respondJson(c, value, headers, sending);
  return send(c, value.body, { ...headers, ...value.headers }, sending);
}

/** @throws EngineError ANSWER_TOO_LARGE, OVERLOADED */
export async function respondJson(
  c: Context,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  sending: Sending = {},
): Promise<Response> {
  const text = await toJson(value, sending);
  return send(c, text, { ...headers, 'content-type': 'application/json' }, sending);
}

/** Hono's `c.body` would make a `Headers` of the headers, which costs 30 us, and Node's server an object of that again. */
async function send(
  c: Context,
  body: string | RawAnswer['body'],
  headers: Readonly<Record<string, string>>,
  { unsent }: Sending,
): Promise<Response> {
  if (body.length < LEAST_BYTES) return new Response(body, { headers });
  const vary = { ...headers, vary: 'accept-encoding' };
  const coding = acceptedCoding(c);
  if (coding === undefined) {
    refuseMoreThanLambdaTakes(c, body);
    unsent?.add(c, body.length);
    return new Response(body, { headers: vary });
  }
  const { compress } = await import('./compress.ts');
  const compressed = await compress(body, coding);
  refuseMoreThanLambdaTakes(c, compressed);
  unsent?.add(c, compressed.byteLength);
  return new Response(compressed, { headers: { ...vary, 'content-encoding': coding } });
}

/** Gzip before br: on embeddings it is several times as fast for some percent of size. A coding with `;q=0` is refused. */
function acceptedCoding(c: Context): 'gzip' | 'br' | undefined {
  const coding = accepts(c, {
    header: 'Accept-Encoding',
    supports: ['gzip', 'br'],
    default: 'identity',
    match: (wanted, { supports, default: none }) =>
      supports.find((own) => wanted.some(({ type, q }) => type.toLowerCase() === own && q > 0)) ?? none,
  });
  return coding === 'gzip' || coding === 'br' ? coding : undefined;
}

/** A string of V8 has 512 MB at most. */
async function toJson(value: unknown, { predicted = false, large = false }: Sending): Promise<string> {
  try {
    if (!large) return predicted ? predictionJson(value) : JSON.stringify(value);
    const { stringifyInSlices } = await import('./json-in-slices.ts');
    return await stringifyInSlices(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new EngineError('ANSWER_TOO_LARGE', 'The answer is too large to be sent. Send fewer inputs.', {
      cause,
    });
  }
}
