/**
 * Entry of the authoriser. `PILOTLIGHT_API_KEYS_SECRET` is the name or ARN of the secret that holds the keys, and
 * `PILOTLIGHT_API_KEYS_HEADER` the header that they come in; or `PILOTLIGHT_TOKENS` has the public keys of an issuer of tokens, as JSON.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { AuthorizerError } from './errors.ts';

const logger = new Logger({ serviceName: SERVICE });
const {
  PILOTLIGHT_API_KEYS_SECRET: secretId,
  PILOTLIGHT_API_KEYS_HEADER: headerName = 'either',
  PILOTLIGHT_TOKENS: tokens,
} = process.env;

export const handler = tokens ? await tokenHandler(tokens) : await keyHandler();

async function tokenHandler(settings: string) {
  const { createTokenHandler, readTokenSettings } = await import('./token-handler.ts');
  return createTokenHandler(readTokenSettings(settings), logger);
}

async function keyHandler() {
  if (!secretId) {
    throw new AuthorizerError(
      'INVALID_CONFIGURATION',
      'PILOTLIGHT_API_KEYS_SECRET is not set. Set it to the name or ARN of the secret that holds the API keys.',
    );
  }
  const [{ createHandler }, { KEY_HEADERS }, { cachedKeys }, { secretReader }] = await Promise.all([
    import('./create-handler.ts'),
    import('@pilotlight/app/internal/serve/callers/api-keys'),
    import('@pilotlight/app/internal/serve/callers/cached-keys'),
    import('@pilotlight/app/internal/aws/secret-reader'),
  ]);
  const header = KEY_HEADERS.find((name) => name === headerName);
  if (!header) {
    throw new AuthorizerError(
      'INVALID_CONFIGURATION',
      `PILOTLIGHT_API_KEYS_HEADER must be ${KEY_HEADERS.join(', ')}, as the deployment writes it.`,
    );
  }
  return createHandler({ apiKeys: cachedKeys(secretReader(), secretId), header, logger });
}
