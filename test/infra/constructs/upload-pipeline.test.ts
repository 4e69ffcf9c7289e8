import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  UploadPipeline,
  type UploadPipelineProps,
} from '../../../infra/constructs/src/batch/upload-pipeline.ts';
import { findingsOf } from './findings.ts';

const FLAGS = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true };

function templateOf(props: Partial<UploadPipelineProps> = {}, key = false): Template {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false, context: FLAGS }), 'Stack');
  new UploadPipeline(stack, 'Files', {
    models: ['sentiment'],
    ...props,
    ...(key && { logging: { encryptionKey: new Key(stack, 'Key') } }),
  });
  return Template.fromStack(stack);
}

describe('with its defaults', () => {
  let template: Template;
  beforeAll(() => {
    template = templateOf();
  });

  test('lets the function send to its two queues: continuations, and messages that fail for good', () => {
    const sends = statementsOf(template).filter(({ actions }) => actions.includes('sqs:SendMessage'));
    expect(sends.map(({ resource }) => resource)).toEqual([
      expect.stringContaining('FilesWorkQueue'),
      expect.stringContaining('FilesWorkDeadLetters'),
    ]);
  });

  test('lets the function read in/, read and write out/, and learn that an object is missing', () => {
    const statements = statementsOf(template);
    const on = (action: string) => statements.filter(({ actions }) => actions.includes(action));
    expect(on('s3:GetObject').map(({ resource }) => resource)).toEqual([
      expect.stringMatching(/\/in\/\*$/),
      expect.stringMatching(/\/out\/\*$/),
    ]);
    expect(on('s3:PutObject').map(({ resource }) => resource)).toEqual([expect.stringMatching(/\/out\/\*$/)]);
    expect(on('s3:DeleteObject').map(({ resource }) => resource)).toEqual([
      expect.stringMatching(/\/out\/\*$/),
    ]);
    expect(on('s3:ListBucket')).toHaveLength(1);
    expect(statements.filter(({ resource }) => resource === '*')).toEqual([]);
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  test('keeps the bucket private, encrypted, versioned, logged, and when the stack goes', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        VersioningConfiguration: { Status: 'Enabled' },
        LoggingConfiguration: Match.anyValue(),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      }),
    });
    for (const { Properties } of Object.values(template.findResources('AWS::S3::Bucket'))) {
      expect(Properties.BucketEncryption).toBeDefined();
      expect(Properties.PublicAccessBlockConfiguration.BlockPublicAcls).toBe(true);
    }
  });

  test('has no custom resource, whose role would reach every bucket', () => {
    const types = Object.values(template.toJSON().Resources).map((resource) => Object(resource).Type);
    expect(types.filter((type: string) => type.startsWith('Custom::'))).toEqual([]);
    expect(types.filter((type: string) => type === 'AWS::Lambda::Function')).toHaveLength(1);
  });

  test('sends events of in/ to the queue, and what cannot be delivered to the dead-letter queue', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: Match.anyValue() }, object: { key: [{ prefix: 'in/' }] } },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })],
    });
  });

  test('hides a message for six times the time of the function', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 300 });
    template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 1800 });
  });

  test('takes one file an invocation, ten at once, and reports those that failed', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 10 },
    });
  });

  test('lets the function go on with its own files beyond 16 continuations', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { RecursiveLoop: 'Allow' });
  });

  test('lets the dead-letter queue take messages of its own queue only', () => {
    const queues = Object.values(template.findResources('AWS::SQS::Queue')).map(
      ({ Properties }) => Properties,
    );
    const source = queues.find(({ RedrivePolicy }) => RedrivePolicy);
    const deadLetters = queues.find(({ RedriveAllowPolicy }) => RedriveAllowPolicy);
    expect(source.RedrivePolicy.maxReceiveCount).toBe(5);
    expect(deadLetters.RedriveAllowPolicy.redrivePermission).toBe('byQueue');
    const [arn] = deadLetters.RedriveAllowPolicy.sourceQueueArns;
    expect(arn['Fn::Join'][1].at(-1)).toBe(`:${source.QueueName}`);
  });

  test('refuses messages without TLS', () => {
    const policies = Object.values(template.findResources('AWS::SQS::QueuePolicy'));
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies) {
      expect(JSON.stringify(Properties.PolicyDocument)).toContain('"aws:SecureTransport":"false"');
    }
  });

  test('tells the function its bucket, its queue and its prefixes', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          PILOTLIGHT_BATCH_BUCKET: { Ref: Match.anyValue() },
          PILOTLIGHT_BATCH_QUEUE_URL: { Ref: Match.stringLikeRegexp('^FilesWorkQueue') },
          PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL: { Ref: Match.stringLikeRegexp('^FilesWorkDeadLetters') },
          PILOTLIGHT_BATCH_INPUT_PREFIX: 'in/',
          PILOTLIGHT_BATCH_OUTPUT_PREFIX: 'out/',
        }),
      },
    });
  });
});

test.each([false, true])('lets its own rule send, and no other; with a key: %s', (key) => {
  const allowed = Object.values(templateOf({}, key).findResources('AWS::SQS::QueuePolicy')).flatMap(
    ({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow'),
  );
  expect(allowed).toHaveLength(2);
  for (const { Action, Condition } of allowed) {
    expect(Action).toBe('sqs:SendMessage');
    expect(Condition.ArnEquals['aws:SourceArn']['Fn::GetAtt'][0]).toMatch(/Uploaded/);
  }
});

test('lets EventBridge use the key of the queue, without which events would be lost in silence', () => {
  templateOf({}, true).hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Principal: { Service: 'events.amazonaws.com' },
        }),
      ]),
    }),
  });
});

test('encrypts objects, messages and variables with a key that is given, and lets the function use it', () => {
  const template = templateOf({}, true);
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        Match.objectLike({ ServerSideEncryptionByDefault: Match.objectLike({ SSEAlgorithm: 'aws:kms' }) }),
      ],
    },
  });
  template.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: Match.anyValue() });
  expect(statementsOf(template).flatMap(({ actions }) => actions)).toContain('kms:Decrypt');
});

test('leaves messages to the keys of SQS where the policy of a key cannot be extended', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false, context: FLAGS }), 'Stack');
  const arn = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';
  const encryptionKey = Key.fromKeyArn(stack, 'Key', arn);
  new UploadPipeline(stack, 'Files', { models: ['sentiment'], logging: { encryptionKey } });
  const template = Template.fromStack(stack);
  template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  template.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: arn });
});

test('reserves invocations for the function where it is told to, and none otherwise', () => {
  const reserved = { ReservedConcurrentExecutions: 12 };
  templateOf({ lambda: { reservedConcurrency: 12 } }).hasResourceProperties(
    'AWS::Lambda::Function',
    reserved,
  );
  templateOf().hasResourceProperties('AWS::Lambda::Function', {
    ReservedConcurrentExecutions: Match.absent(),
  });
});

test('deletes results when it is told to', () => {
  const template = templateOf({ bucket: { outputExpirationDays: 14 } });
  template.hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: {
      Rules: Match.arrayWith([Match.objectLike({ Prefix: 'out/', ExpirationInDays: 14 })]),
    },
  });
});

test.each([
  [{ lambda: { timeoutSeconds: 960 } }, 'Stack/Files: lambda.timeoutSeconds must be at most 900.'],
  [
    { lambda: { reservedConcurrency: 5 } },
    'queue.maxConcurrency is 10, and the batch function has 5 reserved: set lambda.reservedConcurrency to 10 or more, or ask for less at once.',
  ],
  [{ queue: { maxConcurrency: 1 } }, 'queue.maxConcurrency must be at least 2'],
  [{ queue: { batchSize: 11 } }, 'queue.batchSize must be at most 10'],
  [{ queue: { maxReceiveCount: 0 } }, 'queue.maxReceiveCount must be at least 1'],
  [{ models: [] }, 'models must name one model at least'],
  [
    { lambda: { environment: { PILOTLIGHT_BATCH_BUCKET: 'x' } } },
    'lambda.environment has PILOTLIGHT_BATCH_BUCKET, which the construct sets: leave it out.',
  ],
  [
    { lambda: { environment: { PILOTLIGHT_PRELOAD_MODELS: 'intent' } } },
    'lambda.environment has PILOTLIGHT_PRELOAD_MODELS, which the construct sets: use models instead.',
  ],
  [
    { lambda: { environment: { PILOTLIGHT_BATCH_PART_ROW: '5' } } },
    'Did you mean PILOTLIGHT_BATCH_PART_ROWS?',
  ],
  [{ lambda: { environment: { PILOTLIGHT_VERIFY: 'no' } } }, 'PILOTLIGHT_VERIFY: must be sha256 or size'],
] as const)('refuses %j', (props, message) => {
  expect(() => templateOf(props)).toThrow(message);
});

test('cdk-nag finds nothing that is not explained', () => {
  expect(findingsOf((stack) => new UploadPipeline(stack, 'Files', { models: ['sentiment'] }))).toEqual([]);
});

function statementsOf(template: Template): { actions: string[]; resource: string }[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.map(
      ({ Action, Resource }: { Action: string | string[]; Resource: unknown }) => ({
        actions: [Action].flat(),
        resource: textOf(Resource),
      }),
    ),
  );
}

function textOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const join = Object(resource)['Fn::Join'];
  return Array.isArray(join) ? join[1].map(textOf).join('') : JSON.stringify(resource);
}
