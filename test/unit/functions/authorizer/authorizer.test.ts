import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretReader } from '../../../../functions/app/src/aws/secret-reader.ts';
import type { KeyHeader } from '../../../../functions/app/src/serve/callers/api-keys.ts';
import { cachedKeys, KEYS_LIVE_MS } from '../../../../functions/app/src/serve/callers/cached-keys.ts';
import { createHandler } from '../../../../functions/authorizer/create-handler.ts';
import { listenOnLoopback } from '../warmer/loopback.ts';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:pilotlight-api-keys-AbCdEf';
const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const KEYS = { shop: 'shop-key-3f9a', batch: 'batch-key-77b1' };

/** Secrets Manager's GetSecretValue over HTTP. */
let secret: string;
let status: number;
let asked: unknown[];
let server: Server;
let url: string;
let stop: () => Promise<void>;
let now: number;
let uptime: number;
let logged: string[];

beforeEach(async () => {
  secret = JSON.stringify({ shop: sha256(KEYS.shop), batch: [sha256('old-batch-key'), sha256(KEYS.batch)] });
  status = 200;
  asked = [];
  logged = [];
  now = 1_800_000_000_000;
  uptime = 0;
  server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    asked.push({ target: request.headers['x-amz-target'], ...body });
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(
        status === 200
          ? { ARN: SECRET, Name: 'pilotlight-api-keys', SecretString: secret }
          : { __type: 'AccessDeniedException', Message: 'not authorized' },
      ),
    );
  });
  ({ url, stop } = await listenOnLoopback(server));
});
afterEach(() => stop());

function authorizer(header?: KeyHeader) {
  const read = secretReader({
    endpoint: url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });
  const write = (...line: unknown[]) =>
    logged.push(
      line
        .map((part) =>
          JSON.stringify(part, (_key, value) =>
            value instanceof Error ? `${value.stack} ${value.cause}` : value,
          ),
        )
        .join(' '),
    );
  return createHandler({
    apiKeys: cachedKeys(read, SECRET, [() => now, () => uptime]),
    ...(header && { header }),
    logger: { info: write, warn: write, error: write },
  });
}

const request = (headers: Record<string, string>) => ({
  version: '2.0',
  type: 'REQUEST',
  routeArn: 'arn:aws:execute-api:eu-central-1:123456789012:abc/$default/POST/models/sentiment',
  identitySource: [],
  routeKey: 'POST /models/{model}',
  rawPath: '/models/sentiment',
  headers,
  requestContext: { requestId: 'JKJaXmPLvHcESHA=', http: { method: 'POST', sourceIp: '192.0.2.1' } },
});
const REFUSED = { isAuthorized: false };

describe('the API-key authoriser', () => {
  it('lets a known key in by its name, which is all that it passes on', async () => {
    expect(await authorizer()(request({ 'x-api-key': KEYS.shop }))).toEqual({
      isAuthorized: true,
      context: { apiKeyName: 'shop' },
    });
    expect(asked).toEqual([{ target: 'secretsmanager.GetSecretValue', SecretId: SECRET }]);
  });

  it('takes a bearer token as well, and x-api-key before it', async () => {
    const authorize = authorizer();
    const bearer = `Bearer ${KEYS.batch}`;
    expect(await authorize(request({ authorization: bearer }))).toMatchObject({
      context: { apiKeyName: 'batch' },
    });
    expect(await authorize(request({ authorization: bearer, 'x-api-key': 'other' }))).toEqual(REFUSED);
  });

  it('reads no other header than the one for which API Gateway keeps its answers', async () => {
    const both = request({ 'x-api-key': KEYS.shop, authorization: 'Bearer unknown' });
    expect(await authorizer('authorization')(both)).toEqual(REFUSED);
    const bearer = request({ 'x-api-key': 'unknown', authorization: `Bearer ${KEYS.batch}` });
    expect(await authorizer('authorization')(bearer)).toMatchObject({ context: { apiKeyName: 'batch' } });
    const alone = request({ authorization: `Bearer ${KEYS.shop}` });
    expect(await authorizer('x-api-key')(alone)).toEqual(REFUSED);
    expect(await authorizer('x-api-key')(both)).toMatchObject({ context: { apiKeyName: 'shop' } });
  });

  it('takes the old and the new key of one name while they are exchanged', async () => {
    const authorize = authorizer();
    for (const key of ['old-batch-key', KEYS.batch]) {
      expect(await authorize(request({ 'x-api-key': key }))).toMatchObject({
        context: { apiKeyName: 'batch' },
      });
    }
  });

  it.each([
    ['an unknown key', { 'x-api-key': 'shop-key-3f9b' }],
    ['the beginning of a key', { 'x-api-key': KEYS.shop.slice(0, -1) }],
    ['the hash of a key', { 'x-api-key': sha256(KEYS.shop) }],
    ['an empty key', { 'x-api-key': '' }],
    ['two keys in one header', { 'x-api-key': `${KEYS.shop},${KEYS.batch}` }],
    ['another scheme', { authorization: `Basic ${KEYS.shop}` }],
    ['a scheme without a key', { authorization: 'Bearer ' }],
    ['no key', {}],
  ])('refuses %s', async (_title, headers) => {
    expect(await authorizer()(request(headers))).toEqual(REFUSED);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'x-api-key'],
    ['payload format 1.0', { ...request({ 'x-api-key': KEYS.shop }), version: '1.0' }],
    ['headers of lists', { ...request({}), headers: { 'x-api-key': [KEYS.shop] } }],
    ['no headers', { ...request({}), headers: undefined }],
  ])('refuses an event of %s', async (_title, event) => {
    expect(await authorizer()(event)).toEqual(REFUSED);
    expect(asked).toEqual([]);
  });

  it('reads the secret once in five minutes, however many come', async () => {
    const authorize = authorizer();
    const event = request({ 'x-api-key': KEYS.shop });
    await Promise.all([authorize(event), authorize(event), authorize(event)]);
    now += KEYS_LIVE_MS - 1;
    await authorize(event);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['a day back', -86_400_000],
    ['a minute back', -60_000],
    ['back to where it was', -KEYS_LIVE_MS],
  ])(
    'refuses a withdrawn key after five minutes, though the clock of the day was set %s',
    async (_title, ms) => {
      const authorize = authorizer();
      const event = request({ 'x-api-key': KEYS.shop });
      expect(await authorize(event)).toMatchObject({ isAuthorized: true });
      secret = JSON.stringify({ shop: sha256('next-key') });
      now += KEYS_LIVE_MS + ms;
      uptime += KEYS_LIVE_MS;
      expect(await authorize(event)).toEqual(REFUSED);
    },
  );

  it('refuses a key five minutes after it was withdrawn, and takes the new one', async () => {
    const authorize = authorizer();
    const [old, next] = [request({ 'x-api-key': KEYS.shop }), request({ 'x-api-key': 'next-key' })];
    expect(await authorize(old)).toMatchObject({ isAuthorized: true });
    secret = JSON.stringify({ shop: sha256('next-key') });
    now += KEYS_LIVE_MS;
    expect(await authorize(old)).toEqual(REFUSED);
    expect(await authorize(next)).toMatchObject({ isAuthorized: true });
  });

  it('lets nobody in while the secret cannot be read, old keys included, and tries again', async () => {
    const authorize = authorizer();
    const event = request({ 'x-api-key': KEYS.shop });
    await authorize(event);
    now += KEYS_LIVE_MS;
    status = 400;
    await expect(authorize(event)).rejects.toMatchObject({ code: 'API_KEYS_UNAVAILABLE' });
    status = 200;
    expect(await authorize(event)).toMatchObject({ isAuthorized: true });
  });

  it.each([
    ['no JSON', `{"shop": "${sha256(KEYS.shop)}"`],
    ['a key in the clear', JSON.stringify({ shop: KEYS.shop })],
    ['no keys', '{}'],
    ['a list', JSON.stringify([sha256(KEYS.shop)])],
    ['a name with no hash', JSON.stringify({ shop: [] })],
  ])('lets nobody in where the secret is %s, and quotes nothing of it', async (_title, content) => {
    secret = content;
    const refused = authorizer()(request({ 'x-api-key': KEYS.shop }));
    await expect(refused).rejects.toMatchObject({ code: 'API_KEYS_INVALID' });
    expect(logged.join()).toContain('must be a JSON object');
    for (const hidden of [KEYS.shop, sha256(KEYS.shop)]) expect(logged.join()).not.toContain(hidden);
  });

  it('logs neither keys nor hashes, whatever happens', async () => {
    const authorize = authorizer();
    for (const key of [KEYS.shop, 'unknown-key-55']) await authorize(request({ 'x-api-key': key }));
    secret = JSON.stringify({ shop: KEYS.shop });
    now += KEYS_LIVE_MS;
    await expect(authorize(request({ 'x-api-key': KEYS.shop }))).rejects.toThrow();
    expect(logged.length).toBeGreaterThanOrEqual(2);
    for (const hidden of [KEYS.shop, 'unknown-key-55', sha256(KEYS.shop)])
      expect(logged.join()).not.toContain(hidden);
  });
});
