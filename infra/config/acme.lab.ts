/**
 * An example of the rest: a server with a GPU for models too large for Lambda, environments kept warm by a schedule, models fetched
 * from S3, a container image with SnapStart, and API keys with limits.
 */
import { defineConfig } from '@pilotlight/constructs/app';

export default defineConfig({
  removalPolicy: 'destroy',
  encryptionKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001',
  functions: {
    warm: {
      models: ['sentiment'],
      coldStart: {
        kind: 'warmup',
        everyMinutes: 5,
        concurrency: 3,
        hours: { from: '07:00', to: '19:00', timeZone: 'Europe/Zurich' },
      },
    },
    fetched: { models: ['intent'], packages: { placement: 's3' }, lambda: { architecture: 'x64' } },
    restored: { models: ['slots'], packages: { placement: 'image' }, coldStart: { kind: 'snapstart-image' } },
  },
  api: {
    auth: {
      kind: 'api-key',
      secretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:pilotlight-keys-a1B2c3',
      quotas: { requestsPerMinute: 600, tokensPerDay: 20_000_000 },
    },
  },
  server: {
    models: { large: 'job', intent: 'cpu' },
    image: { repository: 'pilotlight-server', tag: '1.0.0' },
    gpu: { spot: true },
  },
});
