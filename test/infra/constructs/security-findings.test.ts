import { App, Stack, Validations } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { InferenceApi, InferenceFunction } from '../../../infra/constructs/src/index.ts';
import { sampled } from '../../scale.ts';

/** Every kind of thing that the constructs can make, traced, in a stack with and one without an environment. */
function build(stack: Stack): void {
  const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
  const logging = { encryptionKey };
  const lambda = { tracing: true };
  const warmed = new InferenceFunction(stack, 'Warmed', {
    models: ['sentiment'],
    lambda,
    logging,
    coldStart: { kind: 'warmup', everyMinutes: 5, concurrency: 3 },
    release: { canary: {} },
    responseStream: true,
  });
  const intent = new InferenceFunction(stack, 'Remote', {
    models: ['intent'],
    packages: { placement: 's3' },
    lambda,
    logging,
    coldStart: { kind: 'provisioned', min: 1, max: 4 },
  });
  const auth = {
    kind: 'api-key',
    secretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-keys-AbCdEf',
  } as const;
  new InferenceApi(stack, 'Api', {
    function: warmed,
    others: { intent },
    auth,
    tracing: true,
    logging,
  });
}

function scan(of: (stack: Stack) => unknown, env = {}): void {
  const context = { 'aws:cdk:disable-asset-staging': true };
  const app = new App({ context, builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  of(new Stack(app, 'Test', { env }));
  app.synth();
}

const ENVIRONMENTS = [
  ['with', { region: 'eu-central-1', account: '123456789012' }],
  ['without', {}],
] as const;

test.each(sampled(ENVIRONMENTS, { short: 1 }))(
  'security scanners find nothing that has no reason, %s an environment',
  { timeout: 300_000 },
  (_what, env) => {
    expect(() => scan(build, env)).not.toThrow();
  },
);

test('security scanners accept that a function is not traced whose settings say so', () => {
  const untraced = (stack: Stack) =>
    new InferenceFunction(stack, 'Main', {
      models: ['sentiment'],
      lambda: { tracing: false },
      release: { canary: {} },
    });
  expect(() => scan(untraced)).not.toThrow();
});

test('security scanners find a bucket that no construct would make', () => {
  expect(() => scan((stack) => new Bucket(stack, 'Bucket'))).toThrow(/AwsSolutions-S10/);
});
