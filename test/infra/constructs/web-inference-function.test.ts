import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { WebInferenceFunction } from '../../../infra/constructs/src/index.ts';
import { findingsOf } from './findings.ts';
import { actionsOf, refusalOf, statementsOf, templateOf, testStack } from './template.ts';
import { endpoint, models, only, PREVIEW, PROD, revision, template } from './web-under-test.ts';

const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-keys-AbCdEf';

describe('by default, a web function', () => {
  const byDefault = template();

  test('is one zip with the server at its top, the native packages for arm64 and the models, and no layer', () => {
    const { package: built, packages } = new WebInferenceFunction(testStack(), 'Web', { models });
    for (const path of ['index.mjs', 'node_modules/onnxruntime-node', 'models/sentiment/1.0.1/model.json'])
      expect(existsSync(join(built.folder, path)), path).toBe(true);
    expect(built.bytes).toBeLessThan(512 * 2 ** 20);
    expect(packages.map(({ variant }) => variant)).toEqual(['int8']);
    byDefault.resourceCountIs('AWS::Lambda::LayerVersion', 0);
  });

  test('starts that server on Node 24 with its models, for 30 seconds a request and 64 requests at once', () => {
    const [, { Properties }] = revision(byDefault);
    expect(Properties).toMatchObject({
      BuildConfig: { RuntimeConfig: { Runtime: 'nodejs24.x' } },
      ServiceConfig: {
        TimeoutSeconds: 30,
        MaxConcurrencyPerEnvironment: 64,
        EnvironmentVariables: {
          PILOTLIGHT_MODELS_DIR: '/var/task/models',
          PILOTLIGHT_PRELOAD_MODELS: 'sentiment@1.0.1',
          PILOTLIGHT_METRICS_NAMESPACE: 'Pilotlight/Test',
        },
      },
    });
  });

  test('has a name with its region, because a name is taken once in all regions of an account', () => {
    const [, { Properties }] = only(byDefault, 'AWS::Lambda::WebFunction');
    expect(JSON.stringify(Properties.FunctionName)).toMatch(/^.+-",\{"Ref":"AWS::Region"\}/);
    // Lambda tells the process no name, and metrics have one.
    expect(revision(byDefault)[1].Properties).toMatchObject({
      ServiceConfig: { EnvironmentVariables: { PILOTLIGHT_FUNCTION_NAME: Properties.FunctionName } },
    });
  });

  test('is named by its bare name, never by its ARN, and what names it waits for it', () => {
    const [functionId, { Properties }] = only(byDefault, 'AWS::Lambda::WebFunction');
    for (const [, named] of [revision(byDefault), endpoint(byDefault, PROD), endpoint(byDefault, PREVIEW)]) {
      expect(named.Properties.FunctionName).toEqual(Properties.FunctionName);
      expect(named.DependsOn).toContain(functionId);
    }
  });

  test('is called by whom IAM permits, and gives nobody else an address', () => {
    for (const which of [PROD, PREVIEW])
      expect(endpoint(byDefault, which)[1].Properties.AuthType).toBe('IamAuth');
  });

  test('scales as far as the account allows', () => {
    const [, { Properties }] = endpoint(byDefault, PROD);
    expect(Properties).not.toHaveProperty('ScalingConfig');
    expect(Properties).not.toHaveProperty('ThrottleConfig');
  });

  test('may write to its two log groups, and nothing else', () => {
    const statements = statementsOf(byDefault, 'WebRole');
    expect(actionsOf(statements)).toEqual([
      'logs:CreateLogStream',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'logs:PutLogEvents',
    ]);
    const groups = Object.keys(byDefault.findResources('AWS::Logs::LogGroup')).filter((id) =>
      id.startsWith('WebLogs'),
    );
    expect(groups).toHaveLength(2);
    expect(statements.map(({ Resource }) => Object(Resource)['Fn::GetAtt'][0]).sort()).toEqual(groups.sort());
  });

  test('forgets the log group that Lambda would make by itself for ever as soon as the one that is read', () => {
    const [gathered] = Object.keys(
      byDefault.findResources('AWS::Logs::LogGroup', { Properties: { LogGroupName: Match.absent() } }),
    ).filter((id) => id.startsWith('WebLogs'));
    byDefault.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: { 'Fn::Join': ['', [{ Ref: gathered }, '.local']] },
      RetentionInDays: 30,
    });
    const [, { Properties }] = revision(byDefault);
    expect(Properties).toMatchObject({
      ServiceConfig: { TelemetryConfig: { LoggingConfig: { LogGroup: { Ref: gathered } } } },
    });
  });
});

describe('the code of a web function', () => {
  const byDefault = template();

  test('lies in a versioned bucket that nobody reads but Lambda, for revisions of this function', () => {
    const [bucket] = only(byDefault, 'AWS::S3::Bucket', { VersioningConfiguration: { Status: 'Enabled' } });
    const [, { Properties }] = only(byDefault, 'AWS::S3::BucketPolicy');
    const { Statement } = Object(Properties.PolicyDocument);
    expect(Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Principal: { Service: 'lambda.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnLike: { 'aws:SourceArn': expect.anything() },
        },
      }),
    ]);
    expect(JSON.stringify(Statement)).toContain('/revision/*');
    expect(JSON.stringify(Properties.Bucket)).toContain(bucket);
  });

  test('is copied there by a function that reads the one staged object, and writes below one prefix', () => {
    const statements = statementsOf(byDefault, 'CopyRole').filter(
      ({ Action }) => !JSON.stringify(Action).includes('logs:'),
    );
    expect(actionsOf(statements)).toEqual(['s3:DeleteObjectVersion', 's3:GetObject', 's3:PutObject']);
    const read = statements.find(({ Action }) => Action === 's3:GetObject');
    expect(JSON.stringify(read?.Resource)).toMatch(/\/[0-9a-f]{64}\.zip"/);
    const written = statements.find(({ Action }) => Action !== 's3:GetObject');
    expect(JSON.stringify(written?.Resource)).toContain('/web-function/*');
  });

  test('is shared by the web functions of a stack as a bucket, and by none as an object', () => {
    const both = templateOf((stack) => {
      for (const model of ['sentiment', 'intent'])
        new WebInferenceFunction(stack, model, { models: [model] });
    });
    both.resourceCountIs('AWS::S3::Bucket', 1);
    const copies = Object.values(both.findResources('Custom::S3ObjectCopy'));
    expect(new Set(copies.map(({ Properties }) => Properties.DestinationKeyPrefix)).size).toBe(2);
    expect(new Set(copies.map(({ Properties }) => Properties.ServiceToken['Fn::GetAtt'][0])).size).toBe(1);
  });

  test('brings a module with code around models of archives', () => {
    const { package: built, webFunction } = new WebInferenceFunction(testStack(), 'Web', {
      models,
      packages: { predictors: 'test/infra/constructs/template.ts' },
    });
    expect(existsSync(join(built.folder, 'predictors.mjs'))).toBe(true);
    expect(Object(webFunction.resourceRevision.serviceConfig).environmentVariables).toMatchObject({
      PILOTLIGHT_PREDICTORS: '/var/task/predictors.mjs',
    });
  });
});

describe('a web function with settings', () => {
  test('has their time, concurrency, scale, rate, variables and description', () => {
    const set = template({
      web: {
        timeoutSeconds: 900,
        maxConcurrencyPerEnvironment: 128,
        maxEnvironments: 2,
        rateLimit: 0,
        environment: { PILOTLIGHT_VERIFY: 'sha256' },
        description: 'Reviews',
      },
      metricsNamespace: 'Acme/Nlp',
    });
    expect(revision(set)[1].Properties).toMatchObject({
      Description: 'Reviews',
      ServiceConfig: {
        TimeoutSeconds: 900,
        MaxConcurrencyPerEnvironment: 128,
        EnvironmentVariables: { PILOTLIGHT_VERIFY: 'sha256', PILOTLIGHT_METRICS_NAMESPACE: 'Acme/Nlp' },
      },
    });
    expect(endpoint(set, PROD)[1].Properties).toMatchObject({
      ScalingConfig: { MaxEnvironments: 2 },
      ThrottleConfig: { RateLimit: 0 },
    });
  });

  test('of keys has a public address, is told where the keys are, and may read that secret', () => {
    const keyed = template({ auth: { kind: 'api-key', secretArn } });
    expect(endpoint(keyed, PROD)[1].Properties.AuthType).toBe('ApplicationManaged');
    expect(endpoint(keyed, PREVIEW)[1].Properties.AuthType).toBe('IamAuth');
    expect(revision(keyed)[1].Properties).toMatchObject({
      ServiceConfig: { EnvironmentVariables: { PILOTLIGHT_API_KEYS_SECRET: secretArn } },
    });
    const reading = statementsOf(keyed, 'WebRole').filter(({ Resource }) => Resource === secretArn);
    expect(actionsOf(reading)).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
  });

  test('of keys with quotas is told the table and the limits, and may read and count there', () => {
    const auth = { kind: 'api-key', secretArn, quotas: { tokensPerDay: 9 } } as const;
    const counted = template({ auth });
    const [table] = only(counted, 'AWS::DynamoDB::Table');
    const settings = { 'Fn::Join': ['', ['{"table":"', { Ref: table }, '","tokensPerDay":9}']] };
    expect(revision(counted)[1].Properties).toMatchObject({
      ServiceConfig: { EnvironmentVariables: { PILOTLIGHT_QUOTAS: settings } },
    });
    const counting = statementsOf(counted, 'WebRole').filter(({ Resource }) =>
      JSON.stringify(Resource).includes(table),
    );
    expect(actionsOf(counting)).toEqual(['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    template({ auth: { kind: 'api-key', secretArn } }).resourceCountIs('AWS::DynamoDB::Table', 0);
  });

  test('of a key encrypts its variables and both log groups with it', () => {
    const encrypted = templateOf((stack) => {
      const logging = {
        encryptionKey: new Key(stack, 'Key'),
        logRetention: RetentionDays.ONE_YEAR,
        logRemovalPolicy: RemovalPolicy.RETAIN,
      };
      return new WebInferenceFunction(stack, 'Web', { models, logging });
    });
    const [key] = Object.keys(encrypted.findResources('AWS::KMS::Key'));
    const arn = { 'Fn::GetAtt': [key, 'Arn'] };
    expect(revision(encrypted)[1].Properties.KmsKeyArn).toEqual(arn);
    for (const { Properties, DeletionPolicy } of Object.values(
      encrypted.findResources('AWS::Logs::LogGroup'),
    )) {
      expect(Properties).toMatchObject({ KmsKeyId: arn, RetentionInDays: 365 });
      expect(DeletionPolicy).toBe('Retain');
    }
  });

  test('may be called by a role that is let in, at the endpoint of clients alone', () => {
    const granted = templateOf((stack: Stack) => {
      const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
      new WebInferenceFunction(stack, 'Web', { models }).grantInvoke(caller);
    });
    const [prodId] = endpoint(granted, PROD);
    expect(statementsOf(granted, 'Caller')).toEqual([
      {
        Action: 'lambda:InvokeWebFunctionEndpoint',
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [prodId, 'EndpointArn'] },
      },
    ]);
  });
});

describe('refuses in one line that names the property', () => {
  const refused = (props: object) =>
    refusalOf(() => new WebInferenceFunction(testStack(), 'Web', { models, ...props }));

  test.each([
    [
      { models: ['sentiment', 'sentiment@1.0.1'] },
      'models names sentiment@1.0.1 twice. Leave one of them out.',
    ],
    [{ web: { timeoutSeconds: 2 } }, 'Test/Web: web.timeoutSeconds must be at least 3.'],
    [
      { web: { maxConcurrencyPerEnvironment: 129 } },
      'Test/Web: web.maxConcurrencyPerEnvironment must be at most 128.',
    ],
    [{ web: { maxEnvironments: 1 } }, 'Test/Web: web.maxEnvironments must be at least 2, or be left out.'],
    [
      { web: { rateLimit: 150 } },
      'Test/Web: web.rateLimit must be 0, 100 to 1000 in steps of 100, or 2000 to 10000 in steps of 1000.',
    ],
    [
      { web: { environment: { AWS_LAMBDA_HTTP_ENDPOINT: '127.0.0.1:80' } } },
      'Test/Web: web.environment.AWS_LAMBDA_HTTP_ENDPOINT is a name that Lambda sets itself.',
    ],
    [{ web: { memoryMegabytes: 2048 } }, 'Test/Web: web.memoryMegabytes is not known.'],
    [{ coldStart: { kind: 'none' } }, 'Test/Web: coldStart is not known.'],
    [{ packages: { placement: 'layer' } }, 'Test/Web: packages.placement is not known.'],
    [{ auth: { kind: 'jwt' } }, 'Test/Web: auth.kind must be iam, api-key or none.'],
    [
      { auth: { kind: 'api-key', secretArn, header: 'x-api-key' } },
      'Test/Web: auth.header is not known where kind is api-key.',
    ],
    [
      { web: { environment: { PILOTLIGHT_PRELOAD_MODELS: 'intent' } } },
      'web.environment has PILOTLIGHT_PRELOAD_MODELS, which the construct sets: use models instead.',
    ],
    [
      { web: { environment: { PILOTLIGHT_MAX_INPUTS: 'many' } } },
      /^environment is not valid: PILOTLIGHT_MAX_INPUTS/,
    ],
    // Lambda takes both for its functions, and refuses them for web functions.
    [{ web: { environment: { EMPTY: '' } } }, 'Test/Web: web.environment.EMPTY must not be empty.'],
    [
      { web: { environment: { LONG: 'x'.repeat(4097) } } },
      'Test/Web: web.environment.LONG must be of at most 4096 characters.',
    ],
    [
      { release: { keepRevisions: false, previous: { revisionId: 'rev-1', weight: 50 } } },
      /^release\.previous needs release\.keepRevisions/,
    ],
    [
      { release: { previous: { revisionId: 'rev-1', weight: 100 } } },
      'Test/Web: release.previous.weight must be at most 99.',
    ],
  ])('%j', (props, message) => {
    expect(refused(props)).toEqual({
      code: 'INVALID_PROPS',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });
});

test('nobody finds fault with a web function of any kind', () => {
  expect(
    findingsOf((stack) => {
      const logging = { encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }) };
      new WebInferenceFunction(stack, 'Signed', { models, logging });
      const auth = { kind: 'api-key', secretArn, quotas: {} } as const;
      new WebInferenceFunction(stack, 'Keyed', { models, auth, logging });
      new WebInferenceFunction(stack, 'Public', {
        models,
        auth: { kind: 'none', reason: 'It is a demonstration for the fair.' },
      });
    }),
  ).toEqual([]);
});
