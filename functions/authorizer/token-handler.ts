/** Tokens of an issuer whose public keys are known beforehand: a Lambda authoriser, payload format 2.0, simple responses. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { jsonSetting } from '@pilotlight/app/internal/settings/json-setting';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod/mini';
import { AuthorizerError } from './errors.ts';

/** Signatures by a key pair: with a secret key, whoever checks a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const names = z.array(z.string()).check(z.minLength(1));
const settingsSchema = z.object({
  issuer: z.string(),
  audience: names,
  scopes: z.optional(names),
  keys: z.array(z.looseObject({ kty: z.string() })).check(z.minLength(1)),
});
export type TokenSettings = z.infer<typeof settingsSchema>;

const eventSchema = z.object({
  version: z.literal('2.0'),
  type: z.literal('REQUEST'),
  headers: z.optional(z.record(z.string(), z.string())),
  requestContext: z.optional(z.object({ requestId: z.optional(z.string()) })),
});

type TokenResponse =
  | { readonly isAuthorized: false }
  /** `$context.authorizer.sub` in access logs. */
  | { readonly isAuthorized: true; readonly context: { readonly sub: string } };

/** @throws AuthorizerError INVALID_CONFIGURATION */
export function readTokenSettings(json: string): TokenSettings {
  const parsed = jsonSetting(settingsSchema).safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ message }) => message).join('; ');
  throw new AuthorizerError(
    'INVALID_CONFIGURATION',
    `PILOTLIGHT_TOKENS must be JSON with issuer, audience and keys, as the deployment writes it: ${faults}.`,
  );
}

/**
 * Lets a request through whose `authorization: Bearer TOKEN` was signed by one of the keys for the issuer, one of the audiences and, if
 * any are asked for, one of the scopes, and has not expired.
 */
export function createTokenHandler(
  { issuer, audience, scopes, keys }: TokenSettings,
  logger: Pick<Logger, 'info' | 'warn'>,
) {
  const keySet = createLocalJWKSet({ keys } satisfies JSONWebKeySet);
  const rules = { issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp', 'sub'] };
  return async (event: unknown): Promise<TokenResponse> => {
    const { data } = eventSchema.safeParse(event);
    const requestId = data?.requestContext?.requestId;
    const token = /^Bearer +(\S+)$/i.exec(data?.headers?.authorization ?? '')?.[1];
    if (token === undefined) {
      logger.info('Refused: the request has no token', { requestId });
      return { isAuthorized: false };
    }
    try {
      const { payload } = await jwtVerify(token, keySet, rules);
      if (!scopes || scopes.some((scope) => scopesOf(payload).includes(scope))) {
        return { isAuthorized: true, context: { sub: payload.sub ?? '' } };
      }
      logger.warn('Refused: the token has none of the scopes', { requestId });
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      logger.warn('Refused: the token is not valid', { requestId, reason: error.code });
    }
    return { isAuthorized: false };
  };
}

/** `scope` is a list divided by blanks (https://www.rfc-editor.org/rfc/rfc8693#section-4.2); some issuers give an array `scp`. */
function scopesOf({ scope, scp }: JWTPayload): unknown[] {
  return typeof scope === 'string' ? scope.split(' ') : [scp].flat();
}
