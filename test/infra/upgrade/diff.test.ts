import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { afterAll, expect, test } from 'vitest';
import { lossesOf, readLosses } from './diff.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-diff-'));
afterAll(() => rmSync(folder, { recursive: true }));

function synthesise(name: string, build: (stack: Stack) => void): string {
  const outdir = join(folder, name);
  const app = new App({ outdir, builtinCloudFormationValidation: false });
  build(new Stack(app, 'Service'));
  app.synth();
  return outdir;
}

test('an update that would replace, delete or forget what holds data is found, and one that changes it in place is not', {
  timeout: 120_000,
}, () => {
  const before = synthesise('before', (stack) => {
    new Queue(stack, 'Renamed', { queueName: 'a' });
    new Queue(stack, 'Changed');
    new Bucket(stack, 'Kept');
    new Bucket(stack, 'Deleted', { removalPolicy: RemovalPolicy.DESTROY });
  });
  const after = synthesise('after', (stack) => {
    new Queue(stack, 'Renamed', { queueName: 'b' });
    new Queue(stack, 'Changed', { maxMessageSizeBytes: 1024 });
  });
  const losses = lossesOf(after, 'Service', join(before, 'Service.template.json'));
  expect(
    losses
      .map(({ type, logicalId, fate }) => `${type} ${logicalId.replace(/[0-9A-F]{8}$/, '')} ${fate}`)
      .sort(),
  ).toEqual([
    'AWS::S3::Bucket Deleted destroyed',
    'AWS::S3::Bucket Kept orphaned',
    'AWS::SQS::Queue Renamed replaced',
  ]);
});

test('what can be made again, such as a role, may be replaced without a word', () => {
  expect(readLosses('[~] AWS::IAM::Role Server/Role ServerRole01234567 replace')).toEqual([]);
});

test('what CloudFormation decides as it updates is found too', () => {
  expect(readLosses('[~] AWS::SQS::Queue Work/Queue WorkQueue01234567 may be replaced')).toEqual([
    { type: 'AWS::SQS::Queue', logicalId: 'WorkQueue01234567', fate: 'maybe' },
  ]);
});
