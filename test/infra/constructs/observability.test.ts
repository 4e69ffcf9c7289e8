import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { beforeAll, describe, expect, test } from 'vitest';
import { METRICS, METRICS_NAMESPACE, SERVICE } from '../../../functions/app/src/telemetry/metric-names.ts';
import { STAGE_METRICS } from '../../../functions/app/src/telemetry/stage-metrics.ts';
import { InferenceApi } from '../../../infra/constructs/src/api/inference-api.ts';
import { DistributedBatch } from '../../../infra/constructs/src/batch/backfill/distributed-batch.ts';
import { UploadPipeline } from '../../../infra/constructs/src/batch/upload-pipeline.ts';
import { InferenceFunction } from '../../../infra/constructs/src/function/inference-function.ts';
import { alarmWidgets } from '../../../infra/constructs/src/observability/dashboard/widgets.ts';
import {
  Observability,
  type ObservabilityProps,
} from '../../../infra/constructs/src/observability/observability.ts';
import { InferenceServer } from '../../../infra/constructs/src/server/inference-server.ts';
import { metricsOf } from './dashboard-metrics.ts';
import { findingsOf } from './findings.ts';

/** The metrics that AWS documents for each namespace that the dashboard may show. */
const AWS_METRICS: Readonly<Record<string, { names: readonly string[]; dimensions: readonly string[] }>> = {
  'AWS/Lambda': {
    names: ['Invocations', 'Errors', 'Duration', 'Throttles', 'ConcurrentExecutions'],
    dimensions: ['FunctionName'],
  },
  'AWS/SQS': {
    names: [
      'ApproximateNumberOfMessagesVisible',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateAgeOfOldestMessage',
    ],
    dimensions: ['QueueName'],
  },
  'AWS/Logs': { names: ['IncomingBytes'], dimensions: ['LogGroupName'] },
  'AWS/ApiGateway': { names: ['Count', '4xx', '5xx', 'Latency'], dimensions: ['ApiId'] },
  'AWS/ApplicationELB': {
    names: ['RequestCount', 'TargetResponseTime', 'HTTPCode_Target_5XX_Count', 'HealthyHostCount'],
    dimensions: ['LoadBalancer', 'TargetGroup'],
  },
};

const everything = (stack: Stack, props: Partial<ObservabilityProps> = {}): Observability => {
  const repository = Repository.fromRepositoryName(stack, 'Images', 'pilotlight');
  const server = new InferenceServer(stack, 'Server', {
    image: ContainerImage.fromEcrRepository(repository),
    callersInvoke: true,
  });
  const texts = new InferenceFunction(stack, 'Texts', {
    models: ['sentiment', 'intent'],
    handOver: { server, models: { large: 'job', intent: 'cpu' } },
    coldStart: { kind: 'warmup', everyMinutes: 5, concurrency: 2 },
  });
  const slots = new InferenceFunction(stack, 'Slots', {
    models: ['slots'],
    coldStart: { kind: 'provisioned', count: 2 },
  });
  const upload = new UploadPipeline(stack, 'Files', { models: ['sentiment'] });
  const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-keys-AbCdEf';
  return new Observability(stack, 'Watch', {
    functions: [texts, slots],
    api: new InferenceApi(stack, 'Api', {
      function: texts,
      others: { slots },
      auth: { kind: 'api-key', secretArn },
    }),
    upload,
    backfill: new DistributedBatch(stack, 'Backfill', { upload }),
    server,
    ...props,
  });
};

function templateOf(build: (stack: Stack) => unknown): Template {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  build(stack);
  return Template.fromStack(stack);
}

describe('of a whole service', () => {
  let template: Template;
  beforeAll(() => {
    template = templateOf((stack) => everything(stack, { alarmEmail: 'team@example.org' }));
  });

  test('shows no metric that nothing emits, and each with the dimensions that it has', () => {
    const shown = metricsOf(template);
    expect(shown.length).toBeGreaterThan(60);
    const wrong = shown.filter(({ namespace, name, dimensions }) => {
      const names = Object.keys(dimensions).sort();
      if (namespace !== `${METRICS_NAMESPACE}/Stack`) {
        const known = AWS_METRICS[namespace];
        return (
          !known?.names.includes(name) ||
          !names.every((it) => known.dimensions.includes(it)) ||
          names.length === 0
        );
      }
      const definition = Object.entries(METRICS).find(([known]) => known === name)?.[1];
      const expected = definition ? ['service', ...definition.dimensions].sort() : undefined;
      return JSON.stringify(expected) !== JSON.stringify(names) || dimensions.service !== SERVICE;
    });
    expect(wrong).toEqual([]);
  });

  test('shows latency, loads and self-check of every model, and no stage of it, of which there are no metrics', () => {
    const shown = metricsOf(template);
    for (const model of ['sentiment', 'intent', 'slots']) {
      const names = shown.filter(({ dimensions }) => dimensions.model === model).map(({ name }) => name);
      for (const name of ['RequestTime', 'InferenceTime', 'LoadTime', 'GoldenDrift']) {
        expect(names, model).toContain(name);
      }
      expect(names.filter((name) => STAGE_METRICS.some((stage) => stage === name))).toEqual([]);
    }
    const latency = shown.filter(
      ({ name, dimensions }) => name === 'RequestTime' && dimensions.model === 'slots',
    );
    expect(latency.map(({ statistic }) => statistic)).toEqual(['p50', 'p90', 'p99']);
  });

  test('shows what functions hand over to the container, by model', () => {
    const shown = metricsOf(template);
    for (const name of ['Forwarded', 'Queued', 'CircuitOpen']) {
      const models = shown.filter((metric) => metric.name === name).map(({ dimensions }) => dimensions.model);
      expect(models, name).toEqual(['large', 'intent']);
    }
  });

  test('alarms on errors, latency, drift, throttles, queue age, dead letters and warm-ups, and tells a topic', () => {
    const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'))
      .filter(([id]) => id.startsWith('Watch'))
      .map(([id, { Properties }]) => ({ id, ...Properties }));
    const about = (part: string) => alarms.filter(({ id }) => id.includes(part)).length;
    for (const part of [
      'sentimentErrorRate',
      'intentLatency',
      'slotsGoldenDrift',
      'Throttles',
      'UploadQueueAge',
      'UploadDeadLetters',
      'ServerDeadLetters',
      'ServerErrorRate',
      'WarmUp',
      'ApiErrorRate',
      'AuthorizerErrors',
      'AuthorizerThrottles',
      'BackfillFailures',
    ]) {
      expect(about(part), part).toBeGreaterThan(0);
    }
    for (const { AlarmActions, OKActions, TreatMissingData } of alarms) {
      expect(AlarmActions).toHaveLength(1);
      expect(OKActions).toEqual(AlarmActions);
      expect(TreatMissingData).toBe('notBreaching');
    }
  });

  test('rings for a service that answers nobody, though no function is ever invoked', () => {
    const [api] = Object.keys(template.findResources('AWS::ApiGatewayV2::Api'));
    const ofApi = (Id: string, MetricName: string) =>
      Match.objectLike({
        Id,
        MetricStat: Match.objectLike({
          Metric: {
            Namespace: 'AWS/ApiGateway',
            MetricName,
            Dimensions: [{ Name: 'ApiId', Value: { Ref: api } }],
          },
          Stat: 'Sum',
        }),
      });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: [
        Match.objectLike({ Expression: 'errors / requests' }),
        ofApi('errors', '5xx'),
        ofApi('requests', 'Count'),
      ],
      Threshold: 0.01,
    });
    const [authorizer] = Object.keys(
      template.findResources('AWS::Lambda::Function', { Properties: { Timeout: 8 } }),
    );
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: authorizer } }],
      Threshold: 0,
    });
  });

  test('rings for a backfill that failed, and for one that ran out of time', () => {
    const [machine] = Object.keys(template.findResources('AWS::StepFunctions::StateMachine'));
    const ofMachine = (MetricName: string) =>
      Match.objectLike({
        MetricStat: Match.objectLike({
          Metric: {
            Namespace: 'AWS/States',
            MetricName,
            Dimensions: [{ Name: 'StateMachineArn', Value: { Ref: machine } }],
          },
        }),
      });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: [
        // The sum has data where one of them has: each is sent only when it happens.
        Match.objectLike({ Expression: 'SUM(METRICS())' }),
        ofMachine('ExecutionsFailed'),
        ofMachine('ExecutionsTimedOut'),
      ],
      Threshold: 0,
    });
  });

  test('sends alarms to a topic that is encrypted, refuses messages without TLS, and takes those of alarms', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    template.hasResource('AWS::KMS::Key', {
      Properties: { PendingWindowInDays: 7 },
      DeletionPolicy: 'Retain',
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Principal: { Service: 'cloudwatch.amazonaws.com' }, Effect: 'Allow' }),
        ]),
      }),
    });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' } }),
        ]),
      }),
    });
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'team@example.org',
    });
  });

  test('says of which region its prices are, and where from', () => {
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    expect(JSON.stringify(dashboard)).toContain('Prices of us-east-1, from what third parties quote');
  });
});

test('shows any number of alarms, of which a widget takes a hundred', () => {
  const stack = new Stack();
  const alarms = Array.from({ length: 201 }, (_, index) =>
    Alarm.fromAlarmArn(stack, `A${index}`, `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${index}`),
  );
  const shown = alarmWidgets(alarms).flatMap((row) => row.flatMap((widget) => widget.toJson()));
  expect(shown.map(({ properties }) => properties.alarms.length)).toEqual([100, 100, 1]);
});

test.each([
  ['log', []],
  ['metrics', ['TokenizationTime', 'OpenTime', 'VerifyTime', 'TokenizerTime', 'SessionTime', 'MemoryUsed']],
] as const)('shows stages out of the log or by metrics, where functions have them as %s', (stages, names) => {
  const template = templateOf((stack) => {
    const environment = { PILOTLIGHT_STAGE_METRICS: stages };
    const functions = [new InferenceFunction(stack, 'Slots', { models: ['slots'], lambda: { environment } })];
    new Observability(stack, 'Watch', { functions });
  });
  const shown = metricsOf(template).map(({ name }) => name);
  expect(shown.filter((name) => STAGE_METRICS.some((stage) => stage === name))).toEqual(names);
  const dashboard = JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'));
  expect(dashboard.includes('avg(TokenizationTime) as tokenise')).toBe(stages === 'log');
  expect(dashboard.includes('avg(OpenTime) as open')).toBe(stages === 'log');
});

test('uses a topic that is given, and makes neither topic nor key', () => {
  const template = templateOf((stack) => {
    const functions = [new InferenceFunction(stack, 'Slots', { models: ['slots'] })];
    const arn = 'arn:aws:sns:eu-west-1:123456789012:alarms';
    new Observability(stack, 'Watch', { functions, alarmTopic: Topic.fromTopicArn(stack, 'Topic', arn) });
  });
  template.resourceCountIs('AWS::SNS::Topic', 0);
  template.resourceCountIs('AWS::KMS::Key', 0);
});

test('takes a key of its own where the policy of the one that is given cannot be extended', () => {
  const template = templateOf((stack) => {
    const arn = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    const encryptionKey = Key.fromKeyArn(stack, 'Key', arn);
    new Observability(stack, 'Watch', {
      functions: [new InferenceFunction(stack, 'Slots', { models: ['slots'] })],
      encryptionKey,
    });
  });
  template.resourceCountIs('AWS::KMS::Key', 1);
});

test('the key of the alarm topic goes with the stack where everything does, because a key that is kept is paid for', () => {
  const template = templateOf((stack) => {
    new Observability(stack, 'Watch', { functions: [], removalPolicy: RemovalPolicy.DESTROY });
  });
  template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete' });
});

test('refuses an address for a topic that is not its own', () => {
  const stack = new Stack(new App(), 'Stack');
  const alarmTopic = Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:123456789012:alarms');
  expect(
    () => new Observability(stack, 'Watch', { functions: [], alarmTopic, alarmEmail: 'a@example.org' }),
  ).toThrow('subscribe the address');
});

test('cdk-nag finds nothing that is not explained, and would find something', () => {
  const findings = (build: (stack: Stack) => unknown) => findingsOf((stack) => void build(stack));
  expect(findings((stack) => new Queue(stack, 'Plain'))).toContain('AwsSolutions-SQS3: Stack/Plain/Resource');
  expect(findings((stack) => everything(stack)).filter((found) => found.includes('Stack/Watch'))).toEqual([]);
});
