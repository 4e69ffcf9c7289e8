import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTokenHandler, readTokenSettings } from '../../../../functions/authorizer/token-handler.ts';

const ISSUER = 'https://login.corp.internal/';
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let own: Pair;
let other: Pair;
let keys: object[];
let logged: string[];

beforeAll(async () => {
  [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  keys = [{ ...(await exportJWK(own.publicKey)), kid: 'a', alg: 'ES256' }];
});
beforeEach(() => {
  logged = [];
});

const authorizer = (changes: object = {}) => {
  const settings = { issuer: ISSUER, audience: ['nlp'], keys, ...changes };
  const log = (...line: unknown[]) => logged.push(JSON.stringify(line));
  return createTokenHandler(readTokenSettings(JSON.stringify(settings)), { info: log, warn: log });
};
const request = (authorization?: string) => ({
  version: '2.0',
  type: 'REQUEST',
  headers: authorization === undefined ? {} : { authorization },
  requestContext: { requestId: 'JKJaXmPLvHcESHA=' },
});

interface Token {
  readonly claims?: Record<string, unknown>;
  readonly pair?: Pair;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: string;
}
async function bearer({
  claims = {},
  pair = own,
  issuer = ISSUER,
  audience = 'nlp',
  expires = '5m',
}: Token = {}) {
  const token = await new SignJWT({ sub: 'alice', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'a' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(pair.privateKey);
  return `Bearer ${token}`;
}

describe('the authoriser of tokens whose keys are known beforehand', () => {
  it.each([
    ['{"issuer": "https://login', /^PILOTLIGHT_TOKENS must be JSON/],
    ['{"issuer":"a","audience":["b"]}', /: keys must be a list\.$/],
  ])('does not start with the settings %s, and names what is wrong in them', (settings, message) => {
    expect(() => readTokenSettings(settings)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });

  it('lets a valid token in by the name of its subject, which is all that it passes on', async () => {
    expect(await authorizer()(request(await bearer()))).toEqual({
      isAuthorized: true,
      context: { sub: 'alice' },
    });
  });

  it.each<[string, Token]>([
    ['that another key signed', { pair: undefined as never }],
    ['of another issuer', { issuer: 'https://login.corp.internal' }],
    ['for another audience', { audience: 'shop' }],
    ['that has expired', { expires: '-1s' }],
    ['without a subject', { claims: { sub: undefined } }],
  ])('refuses a token %s', async (title, token) => {
    const made = title.includes('another key') ? { pair: other } : token;
    const authorization = await bearer(made);
    expect(await authorizer()(request(authorization))).toEqual({ isAuthorized: false });
    expect(logged.join()).toContain('not valid');
    expect(logged.join()).not.toContain(authorization.slice(-20));
  });

  it('refuses a token without a signature, and one that a public key "signed" as a secret', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'alice', iss: ISSUER, aud: 'nlp', exp: Date.now() / 1000 + 300 };
    const unsigned = `Bearer ${part({ alg: 'none' })}.${part(claims)}.`;
    const secret = new TextEncoder().encode(JSON.stringify(keys[0]));
    const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'a' }).sign(secret);
    for (const authorization of [unsigned, `Bearer ${confused}`]) {
      expect(await authorizer()(request(authorization))).toEqual({ isAuthorized: false });
    }
  });

  it.each([
    ['a list divided by blanks', { scope: 'read predict' }, true],
    ['an array', { scp: ['predict'] }, true],
    ['others', { scope: 'predictions' }, false],
    ['none', {}, false],
  ])('asks for one of the scopes, where the token has %s', async (_title, claims, isAuthorized) => {
    const authorize = authorizer({ scopes: ['predict', 'admin'] });
    expect(await authorize(request(await bearer({ claims })))).toMatchObject({ isAuthorized });
  });

  it.each([
    ['no token', request()],
    ['another scheme', request('Basic YTpi')],
    ['text that is no token', request('Bearer a.b')],
    ['payload format 1.0', { ...request('Bearer a.b.c'), version: '1.0' }],
    ['null', null],
  ])('refuses an event of %s', async (_title, event) => {
    expect(await authorizer()(event)).toEqual({ isAuthorized: false });
  });

  it('does not start without keys', () => {
    expect(() => authorizer({ keys: [] })).toThrow(/PILOTLIGHT_TOKENS must be JSON/);
  });
});
