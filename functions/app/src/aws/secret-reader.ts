/** Reads secrets of AWS Secrets Manager. */
import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';

/** The text of a secret, by name or ARN; rejects with what the service or the network said. */
export type ReadSecret = (id: string) => Promise<string>;

/**
 * Gives up within seconds, because a client of the API waits.
 *
 * @param config - where another endpoint than the region's own is to be reached
 */
export function secretReader(config: SecretsManagerClientConfig = {}): ReadSecret {
  const client = new SecretsManagerClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
    ...config,
  });
  return async (id) => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    return SecretString ?? '';
  };
}
