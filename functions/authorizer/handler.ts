/** Entry of the API-key authoriser. `PILOTLIGHT_API_KEYS_SECRET` is the name or ARN of the secret that holds the keys. */
import { Logger } from '@aws-lambda-powertools/logger';
import { secretReader } from '@pilotlight/app/internal/aws/secret-reader';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { cachedKeys } from './cached-keys.ts';
import { createHandler } from './create-handler.ts';
import { AuthorizerError } from './errors.ts';

const secretId = process.env.PILOTLIGHT_API_KEYS_SECRET;
if (!secretId) {
  throw new AuthorizerError(
    'INVALID_CONFIGURATION',
    'PILOTLIGHT_API_KEYS_SECRET is not set. Set it to the name or ARN of the secret that holds the API keys.',
  );
}

export const handler = createHandler({
  apiKeys: cachedKeys(secretReader(), secretId),
  logger: new Logger({ serviceName: SERVICE }),
});
