/**
 * An example of web functions: one for signed requests and one for API keys, each with an address of its own, beside no HTTP
 * API. Works as it is but for the secret, whose place it shows.
 */
import { defineConfig } from '@pilotlight/constructs/app';

export default defineConfig({
  functions: {
    assistant: {
      compute: 'web',
      models: ['intent', 'slots'],
      web: { maxConcurrencyPerEnvironment: 16, maxEnvironments: 20, rateLimit: 500 },
    },
    reviews: {
      compute: 'web',
      models: ['sentiment'],
      auth: {
        kind: 'api-key',
        secretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:pilotlight-keys-a1B2c3',
        quotas: { requestsPerMinute: 600 },
      },
    },
  },
});
