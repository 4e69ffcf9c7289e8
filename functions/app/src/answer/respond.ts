/** Answers of JSON, compressed for those who ask for it. */
import type { Context } from 'hono';
import { refuseMoreThanLambdaTakes } from './answer-size.ts';
import { HttpError } from './errors.ts';

/** Smaller answers are sent as they are: compression would gain less than a packet. */
const LEAST_BYTES = 2_000;

/** A coding that is refused by `;q=0` is not asked for. */
const REFUSED = /;\s*q=0(?:\.0*)?\s*$/;

/** A value that is `large` is made into JSON in slices. @throws HttpError ANSWER_TOO_LARGE */
export async function respondJson(
  c: Context,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  { large = false }: { readonly large?: boolean } = {},
): Promise<Response> {
  const text = await toJson(value, large);
  const json = { ...headers, 'content-type': 'application/json' };
  if (text.length < LEAST_BYTES) return c.body(text, 200, json);
  const vary = { ...json, vary: 'accept-encoding' };
  const coding = acceptedCoding(c.req.header('accept-encoding'));
  if (coding === undefined) {
    refuseMoreThanLambdaTakes(c, text);
    return c.body(text, 200, vary);
  }
  const { compress } = await import('./compress.ts');
  const compressed = await compress(text, coding);
  refuseMoreThanLambdaTakes(c, compressed);
  return c.body(compressed, 200, { ...vary, 'content-encoding': coding });
}

/** Of gzip and br, gzip: on embeddings it is several times as fast for some percent of size. */
function acceptedCoding(accepted = ''): 'gzip' | 'br' | undefined {
  const codings = accepted
    .toLowerCase()
    .split(',')
    .filter((coding) => !REFUSED.test(coding))
    .map((coding) => coding.replace(/;.*/, '').trim());
  return (['gzip', 'br'] as const).find((coding) => codings.includes(coding));
}

/** A string of V8 has 512 MB at most. */
async function toJson(value: unknown, large: boolean): Promise<string> {
  try {
    if (!large) return JSON.stringify(value);
    const { jsonInSlices } = await import('./json-in-slices.ts');
    return await jsonInSlices(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HttpError('ANSWER_TOO_LARGE', 'The answer is too large to be sent. Send fewer inputs.', {
      cause,
    });
  }
}
