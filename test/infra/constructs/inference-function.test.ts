import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFolder } from '@pilotlight/functions';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { afterAll, describe, expect, test } from 'vitest';
import { InferenceFunction, type InferenceFunctionProps } from '../../../infra/constructs/src/index.ts';
import { buildFunctionContext } from '../../../layers/builders/src/images/index.ts';
import { describePackage, type PackageDescription } from '../../../layers/builders/src/models/index.ts';
import { stagesOf } from '../../fixtures/dockerfile.ts';
import { actionsOf, refusalOf, statementsOf, templateOf, testStack } from './template.ts';

const models = ['sentiment'];

function template(props: Partial<InferenceFunctionProps> = {}): Template {
  return templateOf((stack) => new InferenceFunction(stack, 'Function', { models, ...props }));
}

const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-image-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The build context of the image of a function with this model. */
const contextOf = (description: PackageDescription) =>
  buildFunctionContext({
    packages: [description],
    architecture: 'arm64',
    bundle: bundleFolder('predict').folder,
    outdir: scratch,
  });

describe('with the models in layers', () => {
  const byDefault = template();

  test('runs Node 24 on arm64 with one vCPU, and preloads its models', () => {
    byDefault.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 1769,
      Timeout: 29,
      EphemeralStorage: { Size: 512 },
      Environment: { Variables: { PILOTLIGHT_PRELOAD_MODELS: 'sentiment@1.0.1' } },
      Layers: [{ Ref: Match.stringLikeRegexp('Runtime') }, { Ref: Match.stringLikeRegexp('Models') }],
    });
  });

  test('gives clients an alias to a published version', () => {
    byDefault.resourceCountIs('AWS::Lambda::Version', 1);
    byDefault.hasResourceProperties('AWS::Lambda::Alias', {
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [Match.stringLikeRegexp('CurrentVersion'), 'Version'] },
      ProvisionedConcurrencyConfig: Match.absent(),
    });
  });

  test('may write to its own log group, and nothing else', () => {
    const statements = statementsOf(byDefault, 'Role');
    expect(actionsOf(statements)).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    const [logs] = Object.keys(byDefault.findResources('AWS::Logs::LogGroup'));
    expect(statements.map(({ Resource }) => Resource)).toEqual([{ 'Fn::GetAtt': [logs, 'Arn'] }]);
    byDefault.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });

  test('keeps logs for a month', () => {
    byDefault.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Delete',
    });
  });

  test('functions of a stack share the runtime layer', () => {
    const both = templateOf((stack) => {
      new InferenceFunction(stack, 'One', { models: ['sentiment'] });
      new InferenceFunction(stack, 'Two', { models: ['intent'] });
    });
    both.resourceCountIs('AWS::Lambda::LayerVersion', 3);
  });

  test('publishes another version for other models, though the layers have the same logical names', () => {
    const versions = [models, ['intent']].map((wanted) =>
      Object.keys(
        template({
          models: wanted,
          lambda: { environment: { PILOTLIGHT_MAX_INPUTS: '8' }, description: 'same' },
        }).findResources('AWS::Lambda::Version'),
      ),
    );
    expect(versions[0]).not.toEqual(versions[1]);
  });
});

test('the function keeps older versions, so that the alias can be put back', () => {
  template().hasResource('AWS::Lambda::Version', { DeletionPolicy: 'Retain' });
});

test('the function serves x64 where that is asked for', () => {
  const x64 = template({ lambda: { architecture: 'x64' } });
  x64.hasResourceProperties('AWS::Lambda::Function', { Architectures: ['x86_64'] });
  x64.hasResourceProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: ['x86_64'] });
});

test('the function tells what the memory buys', () => {
  expect(new InferenceFunction(testStack(), 'F', { models, lambda: { memoryMegabytes: 3538 } }).vcpus).toBe(
    2,
  );
});

test('the function has the namespace of its metrics from a property, and its warmer and its canary have the same', () => {
  const metricsNamespace = 'Pilotlight/acme-prod';
  const named = template({
    metricsNamespace,
    coldStart: { kind: 'warmup', everyMinutes: 5, concurrency: 2 },
    release: { canary: {} },
  });
  const emitting = Object.values(named.findResources('AWS::Lambda::Function')).filter(
    ({ Properties }) => Properties.Environment.Variables.PILOTLIGHT_METRICS_NAMESPACE === metricsNamespace,
  );
  expect(emitting).toHaveLength(2);
  const watched = Object.values(named.findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties.Namespace,
  );
  expect(watched.sort()).toEqual(['AWS/Lambda', metricsNamespace, metricsNamespace]);
});

test('functions of two stacks have metrics that are told apart, where no namespace is given', () => {
  const namespaces = ['nlp-dev', 'nlp-prod'].map((name) => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), name);
    return new InferenceFunction(stack, 'Function', { models }).metricsNamespace;
  });
  expect(namespaces).toEqual(['Pilotlight/nlp-dev', 'Pilotlight/nlp-prod']);
});

test.each(['AWS/Lambda', 'Pilotlight/ä', ''])(
  'the function refuses %j, which CloudWatch takes for no namespace',
  (metricsNamespace) => {
    expect(
      refusalOf(() => new InferenceFunction(testStack(), 'F', { models, metricsNamespace })).message,
    ).toBe(
      'Test/F: metricsNamespace must be a CloudWatch namespace such as Pilotlight/acme-prod, and not begin with AWS/.',
    );
  },
);

test('the function traces with X-Ray by option only', () => {
  expect(actionsOf(statementsOf(template(), 'Role')).join()).not.toContain('xray');
  const traced = template({ lambda: { tracing: true } });
  traced.hasResourceProperties('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } });
  expect(actionsOf(statementsOf(traced, 'Role'))).toContain('xray:PutTraceSegments');
});

test('the function encrypts logs and environment with a key of the team, which CloudWatch Logs may use', () => {
  const encrypted = templateOf((stack) => {
    const encryptionKey = new Key(stack, 'Key');
    new InferenceFunction(stack, 'Function', { models, logging: { encryptionKey } });
  });
  const [key] = Object.keys(encrypted.findResources('AWS::KMS::Key'));
  const keyArn = { 'Fn::GetAtt': [key, 'Arn'] };
  encrypted.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: keyArn });
  encrypted.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: keyArn });
  const ofServices = ['lambda', 's3', 'sqs', 'secretsmanager', 'dynamodb'].map((service) => ({
    'Fn::Join': ['', [`${service}.`, { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]],
  }));
  // Its code cannot ask KMS itself.
  expect(statementsOf(encrypted, 'Role')).toContainEqual({
    Action: 'kms:Decrypt',
    Effect: 'Allow',
    Resource: keyArn,
    Condition: { StringEquals: { 'kms:ViaService': ofServices } },
  });
  expect(JSON.stringify(encrypted.findResources('AWS::KMS::Key'))).toContain('"logs.');
});

describe('a function with a VPC of the team', () => {
  const network = {
    vpcId: 'vpc-0a1b2c3d',
    subnets: { 'eu-central-1a': 'subnet-0a', 'eu-central-1b': 'subnet-0b' },
    securityGroups: ['sg-0a1b2c3d'],
  } as const;

  test('stands in its subnets with its security groups, and makes no group or rule', () => {
    const placed = template({ lambda: { network } });
    placed.hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: ['subnet-0a', 'subnet-0b'], SecurityGroupIds: ['sg-0a1b2c3d'] },
    });
    expect(JSON.stringify(placed.toJSON())).not.toContain('AWS::EC2::');
  });

  test('has Lambda make its network interfaces, which its own code may not', () => {
    const statements = statementsOf(template({ lambda: { network } }), 'Role');
    const about = (effect: string) =>
      actionsOf(statements.filter((one) => JSON.stringify(one).includes(`"Effect":"${effect}"`))).filter(
        (action) => action.startsWith('ec2:'),
      );
    expect(about('Allow')).toContain('ec2:CreateNetworkInterface');
    expect(about('Deny')).toEqual(about('Allow'));
  });
});

test('the function lets a grantee invoke the alias, and no other version', () => {
  const granted = templateOf((stack: Stack) => {
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    new InferenceFunction(stack, 'Function', { models }).grantInvoke(caller);
  });
  const [alias] = Object.keys(granted.findResources('AWS::Lambda::Alias'));
  expect(statementsOf(granted, 'Caller')).toEqual([
    { Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { Ref: alias } },
  ]);
});

test('the function keeps logs longer and beyond the stack where that is asked for', () => {
  template({ logging: { logRetention: 365, logRemovalPolicy: RemovalPolicy.RETAIN } }).hasResource(
    'AWS::Logs::LogGroup',
    {
      Properties: { RetentionInDays: 365 },
      DeletionPolicy: 'Retain',
    },
  );
});

describe('with provisioned concurrency', () => {
  test('a fixed number is on the alias, without scaling', () => {
    const fixed = template({ coldStart: { kind: 'provisioned', count: 3 } });
    fixed.hasResourceProperties('AWS::Lambda::Alias', {
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 3 },
    });
    fixed.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  });

  test('scales between min and max on utilisation, with no number on the alias that a deployment would go back to', () => {
    const tracked = template({ coldStart: { kind: 'provisioned', min: 2, max: 8, utilization: 0.5 } });
    tracked.hasResourceProperties('AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: Match.absent() });
    tracked.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 2,
      MaxCapacity: 8,
      ScalableDimension: 'lambda:function:ProvisionedConcurrency',
    });
    tracked.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 0.5,
        PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
      },
    });
  });

  test('follows office hours in their time zone, begins them twice in case traffic was moving, and has nothing outside of them', () => {
    const windows = [
      { from: '08:00', to: '12:00', min: 2, days: ['MON', 'TUE'] },
      { from: '06:50', to: '07:10', min: 1, days: ['MON'] },
      { from: '12:00', to: '24:00', min: 3, max: 6, days: ['TUE'] },
    ] as const;
    const schedules = { timeZone: 'Europe/Zurich', windows };
    const scheduled = template({ coldStart: { kind: 'provisioned', count: 0, schedules } });
    scheduled.hasResourceProperties('AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: Match.absent() });
    const [target] = Object.values(scheduled.findResources('AWS::ApplicationAutoScaling::ScalableTarget'));
    const actions: Record<string, unknown>[] = target?.Properties.ScheduledActions;
    expect(
      actions.map(({ Schedule, ScalableTargetAction, Timezone }) => [
        Schedule,
        ScalableTargetAction,
        Timezone,
      ]),
    ).toEqual([
      ['cron(0 8 ? * MON,TUE *)', { MinCapacity: 2, MaxCapacity: 2 }, 'Europe/Zurich'],
      ['cron(20 8 ? * MON,TUE *)', { MinCapacity: 2, MaxCapacity: 2 }, 'Europe/Zurich'],
      ['cron(0 12 ? * MON *)', { MinCapacity: 0, MaxCapacity: 0 }, 'Europe/Zurich'],
      ['cron(50 6 ? * MON *)', { MinCapacity: 1, MaxCapacity: 1 }, 'Europe/Zurich'],
      ['cron(10 7 ? * MON *)', { MinCapacity: 0, MaxCapacity: 0 }, 'Europe/Zurich'],
      ['cron(0 12 ? * TUE *)', { MinCapacity: 3, MaxCapacity: 6 }, 'Europe/Zurich'],
      ['cron(20 12 ? * TUE *)', { MinCapacity: 3, MaxCapacity: 6 }, 'Europe/Zurich'],
      ['cron(0 0 ? * WED *)', { MinCapacity: 0, MaxCapacity: 0 }, 'Europe/Zurich'],
    ]);
  });
});

describe('with the models in S3', () => {
  const remote = template({ packages: { placement: 's3' } });
  const [lambda] = Object.values(remote.findResources('AWS::Lambda::Function'));
  const variables: Record<string, unknown> = lambda?.Properties.Environment.Variables;
  /** Tokens as the template has them, in one line. */
  const listed = JSON.stringify(variables.PILOTLIGHT_REMOTE_PACKAGES);
  const packageFolder = 'model-assets/packages/sentiment/1.0.1';

  test('names the object of each file of each package to the function', () => {
    for (const path of [
      'model.json',
      'tokenizer/rest.json',
      'tokenizer/vocab.txt',
      'int8/model.onnx',
      'int8/weights.bin',
      'goldens.jsonl',
    ]) {
      expect(listed).toContain(JSON.stringify(`"${path}":`).slice(1, -1));
    }
    expect(listed).toContain('sentiment');
  });

  test('may read exactly these objects', () => {
    const keys = [...listed.matchAll(/[0-9a-f]{64}\.\w+/g)].map(([key]) => key).sort();
    const read = statementsOf(remote, 'Role').filter(({ Action }) => String(Action).startsWith('s3:'));
    expect(read.map(({ Action }) => Action)).toEqual(['s3:GetObject']);
    const resources = JSON.stringify(read[0]?.Resource);
    expect(resources).not.toContain('*');
    expect([...resources.matchAll(/[0-9a-f]{64}\.\w+/g)].map(([key]) => key).sort()).toEqual(keys);
    expect(keys).toHaveLength(new Set(readPackagePaths(packageFolder)).size);
  });

  test('may read them before a version is published', () => {
    const [policy] = Object.entries(remote.findResources('AWS::IAM::Policy')).filter(([, value]) =>
      JSON.stringify(value).includes('s3:GetObject'),
    );
    expect(lambda?.DependsOn).toContain(policy?.[0]);
  });

  test('has no model layer', () => {
    remote.resourceCountIs('AWS::Lambda::LayerVersion', 1);
  });
});

function readPackagePaths(folder: string): string[] {
  const { textProcessing, variants, defaultVariant, goldens, modelCard } = JSON.parse(
    readFileSync(join(folder, 'model.json'), 'utf8'),
  );
  const files: { path: string }[] = [
    textProcessing.split.rest,
    ...textProcessing.split.vocabulary,
    ...variants[defaultVariant].files,
    goldens,
    modelCard,
  ];
  // What its traffic is like lies beside the manifest, which does not name it.
  return ['model.json', 'reference.json', ...files.map(({ path }) => path)];
}

describe('with the models in an image', () => {
  test('is a container image of its architecture, without layers, with SnapStart on published versions', () => {
    const image = template({ packages: { placement: 'image' }, coldStart: { kind: 'snapstart-image' } });
    image.hasResourceProperties('AWS::Lambda::Function', {
      PackageType: 'Image',
      Code: { ImageUri: Match.anyValue() },
      SnapStart: { ApplyOn: 'PublishedVersions' },
      Architectures: ['arm64'],
      Layers: Match.absent(),
      Runtime: Match.absent(),
    });
    image.resourceCountIs('AWS::Lambda::LayerVersion', 0);
  });

  test('is built on one base of AWS, by its date, or on the one that is named', () => {
    const dockerfile = readFileSync('layers/builders/src/images/function.Dockerfile', 'utf8');
    const [{ base } = { base: '' }] = stagesOf(dockerfile);
    expect(base).toMatch(/^public\.ecr\.aws\/lambda\/nodejs:24\.\d{4}\.\d\d\.\d\d\.\d\d$/);
    const outdir = mkdtempSync(join(tmpdir(), 'pilotlight-base-'));
    const app = new App({ outdir, builtinCloudFormationValidation: false });
    const packages = { placement: 'image', baseImage: 'registry.example/lambda@sha256:0123' } as const;
    new InferenceFunction(new Stack(app, 'Test'), 'Predict', { models: ['intent'], packages });
    app.synth();
    const { dockerImages } = JSON.parse(readFileSync(join(outdir, 'Test.assets.json'), 'utf8'));
    rmSync(outdir, { recursive: true });
    expect(Object.values(dockerImages)).toMatchObject([
      { source: { dockerBuildArgs: { LAMBDA_IMAGE: packages.baseImage } } },
    ]);
  });

  test('stages Dockerfile, bundle, native packages and what serving the model takes, and nothing else', () => {
    const description = describePackage('model-assets/packages', { name: 'sentiment' });
    const context = contextOf(description);
    expect(readdirSync(context).sort()).toEqual(['Dockerfile', 'function', 'opt']);
    expect(readdirSync(join(context, 'function'))).toContain('index.mjs');
    expect(readdirSync(join(context, 'opt', 'nodejs', 'node_modules'))).toContain('onnxruntime-node');
    const model = readdirSync(join(context, 'opt', 'models'), { recursive: true, withFileTypes: true });
    const files = model
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    const served = description.files.map(({ path }) => join(context, 'opt/models/sentiment/1.0.1', path));
    expect(files.sort()).toEqual(served.sort());
  });

  test('stages files that the user of a function may read, whoever deploys', () => {
    const before = process.umask(0o077);
    try {
      const context = contextOf(describePackage('model-assets/packages', { name: 'intent' }));
      for (const entry of readdirSync(context, { recursive: true, withFileTypes: true })) {
        const { mode } = statSync(join(entry.parentPath, entry.name));
        expect(mode & 0o777, entry.name).toBe(entry.isFile() ? 0o644 : 0o755);
      }
    } finally {
      process.umask(before);
    }
  });
});
