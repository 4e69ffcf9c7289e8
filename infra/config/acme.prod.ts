/**
 * An example of production: its own account, a domain with JWTs, capacity for office hours, new versions little by
 * little, alarms, files in S3, huge ones too, and a pipeline on GitHub. Copy it, and put your own names in.
 */
import { defineConfig } from '@pilotlight/constructs/app';

export default defineConfig({
  account: '111122223333',
  region: 'eu-central-1',
  qualifier: 'acme',
  permissionsBoundary: 'acme-workload-boundary',
  tags: { 'cost-centre': '4711', owner: 'nlp@acme.example' },
  terminationProtection: true,
  logRetentionDays: 365,
  encryptionKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000',
  functions: {
    assistant: {
      models: ['intent', 'slots'],
      lambda: { memoryMegabytes: 3538, reservedConcurrency: 200 },
      release: { canary: {} },
      coldStart: {
        kind: 'provisioned',
        min: 1,
        max: 20,
        schedules: {
          timeZone: 'Europe/Zurich',
          windows: [{ from: '07:30', to: '18:30', min: 5 }],
        },
      },
    },
    reviews: {
      models: ['sentiment@1.0.1'],
      packages: { registry: { address: 's3://acme-models/nlp' } },
      coldStart: { kind: 'provisioned', count: 1 },
    },
  },
  api: {
    auth: { kind: 'jwt', issuer: 'https://login.acme.example/', audience: ['pilotlight'] },
    throttle: { ratePerSecond: 500, burst: 1000 },
    cors: { allowOrigins: ['https://app.acme.example'] },
    domain: {
      domainName: 'nlp.acme.example',
      certificateArn:
        'arn:aws:acm:eu-central-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000',
      hostedZone: { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'acme.example' },
    },
  },
  upload: {
    models: ['sentiment'],
    queue: { maxConcurrency: 20 },
    bucket: { inputExpirationDays: 30, outputExpirationDays: 90 },
    distributed: { maxConcurrency: 500, toleratedFailurePercentage: 1 },
  },
  observability: { alarmEmail: 'nlp-oncall@acme.example' },
  pipeline: { repository: 'acme/nlp' },
});
