/** Answers, of JSON as a rule, compressed for those who ask for it. */
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { HttpError } from '../errors.ts';
import { refuseMoreThanLambdaTakes } from './answer-size.ts';
import { RawAnswer } from './raw-answer.ts';

/** Smaller answers are sent as they are: compression would gain less than a packet. */
const LEAST_BYTES = 2_000;

interface AnswerOptions {
  /** Whether the value is made into JSON in slices. @default false */
  readonly large?: boolean;
}

/** Sends a `RawAnswer` as it is, and any other value as JSON. @throws HttpError ANSWER_TOO_LARGE */
export async function respond(
  c: Context,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  options: AnswerOptions = {},
): Promise<Response> {
  if (!(value instanceof RawAnswer)) return respondJson(c, value, headers, options);
  return send(c, value.body, { ...headers, ...value.headers });
}

/** @throws HttpError ANSWER_TOO_LARGE */
export async function respondJson(
  c: Context,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  { large = false }: AnswerOptions = {},
): Promise<Response> {
  return send(c, await toJson(value, large), { ...headers, 'content-type': 'application/json' });
}

async function send(
  c: Context,
  body: string | RawAnswer['body'],
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  if (body.length < LEAST_BYTES) return c.body(body, 200, headers);
  const vary = { ...headers, vary: 'accept-encoding' };
  const coding = acceptedCoding(c);
  if (coding === undefined) {
    refuseMoreThanLambdaTakes(c, body);
    return c.body(body, 200, vary);
  }
  const { compress } = await import('./compress.ts');
  const compressed = await compress(body, coding);
  refuseMoreThanLambdaTakes(c, compressed);
  return c.body(compressed, 200, { ...vary, 'content-encoding': coding });
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
async function toJson(value: unknown, large: boolean): Promise<string> {
  try {
    if (!large) return JSON.stringify(value);
    const { stringifyInSlices } = await import('./json-in-slices.ts');
    return await stringifyInSlices(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HttpError('ANSWER_TOO_LARGE', 'The answer is too large to be sent. Send fewer inputs.', {
      cause,
    });
  }
}
