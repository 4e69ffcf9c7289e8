import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { refuseMoreThanLambdaTakes } from '../../../functions/app/src/http/answer/answer-size.ts';

/** The most bytes that an invocation may answer, without 16 KiB for headers. */
const BODY_BYTES = 6_291_556 - 16_384;

/** Whether a body may leave, as an answer of Lambda or of a server. */
async function leaves(body: string | Uint8Array, { onLambda = true } = {}): Promise<boolean> {
  const app = new Hono().get('/', (c) => {
    refuseMoreThanLambdaTakes(c, body);
    return c.text('It may.');
  });
  app.onError((_, c) => c.text('It may not.', 422));
  const env = onLambda ? { lambdaContext: {} } : {};
  return (await app.request('/', {}, env)).status === 200;
}

describe('an answer of Lambda', () => {
  it('may be a text of just so many bytes that its headers fit beside it', async () => {
    // The JSON of a text has two quotes more.
    expect(await leaves('a'.repeat(BODY_BYTES - 2))).toBe(true);
    expect(await leaves('a'.repeat(BODY_BYTES - 1))).toBe(false);
  });

  it('counts what JSON escapes', async () => {
    expect(await leaves('"'.repeat(BODY_BYTES / 2 - 1))).toBe(true);
    expect(await leaves('"'.repeat(BODY_BYTES / 2))).toBe(false);
  });

  it('counts bytes as their base64', async () => {
    const fit = (BODY_BYTES / 4) * 3;
    expect(await leaves(new Uint8Array(fit))).toBe(true);
    expect(await leaves(new Uint8Array(fit + 1))).toBe(false);
  });

  it('has no limit where it is an answer of a server', async () => {
    expect(await leaves('a'.repeat(2 * BODY_BYTES), { onLambda: false })).toBe(true);
  });
});
