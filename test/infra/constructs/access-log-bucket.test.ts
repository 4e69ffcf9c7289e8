import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { AccessLogBucket } from '../../../infra/constructs/src/common/access-log-bucket.ts';
import { findingsOf } from './findings.ts';

const build = (stack: Stack) => {
  for (const id of ['First', 'Second'])
    new AccessLogBucket(stack, id, { removalPolicy: RemovalPolicy.DESTROY });
};

describe('buckets of access logs that go with their stack', () => {
  let template: Template;
  beforeAll(() => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
    build(stack);
    template = Template.fromStack(stack);
  });

  test('are emptied first, all by one function, because they are never empty', () => {
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 2);
    template.resourceCountIs('AWS::Lambda::Function', 1);
    template.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
  });

  test('are emptied by a function that logs into a group that goes too, and may write to no other', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp('Logs') } },
    });
    const [{ Properties }] = Object.values(template.findResources('AWS::IAM::Role')) as [
      { Properties: object },
    ];
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(JSON.stringify(Properties)).toContain('"Action":["logs:CreateLogStream","logs:PutLogEvents"]');
    template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
  });

  test('leave nothing for cdk-nag to find', () => {
    expect(findingsOf(build)).toEqual([]);
  });
});

test('a bucket of access logs that stays is emptied by nobody', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  new AccessLogBucket(stack, 'Logs');
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Lambda::Function', 0);
  template.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
});
