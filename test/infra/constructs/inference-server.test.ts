import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, test } from 'vitest';
import { findingsOf } from './findings.ts';
import { makeServer, serverTemplate } from './server-under-test.ts';
import { actionsOf, statementsOf } from './template.ts';

describe('with its defaults', () => {
  let template: Template;
  beforeAll(() => {
    template = serverTemplate();
  });

  test('starts from no task, keeps those that run when it is deployed again, and goes to two', () => {
    const [[id, { Properties }] = ['', Object()]] = Object.entries(
      template.findResources('Custom::RunningTasks'),
    );
    template.hasResourceProperties('AWS::ECS::Service', {
      DesiredCount: { 'Fn::GetAtt': [id, 'clusters.0.runningTasksCount'] },
    });
    // The answer about a new cluster has the number 0; about a service that is not there yet it would have none.
    const call = Properties.Update['Fn::Join'][1];
    expect(call[0]).toContain('"service":"ECS","action":"DescribeClusters","parameters":{"clusters":["');
    expect(call).toContainEqual({ Ref: expect.stringMatching(/^ServerTask[0-9A-F]{8}$/) });
    expect(actionsOf(statementsOf(template, 'RunningTasks'))).toEqual([
      'ecs:DescribeClusters',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 0,
      MaxCapacity: 2,
    });
  });

  test('asks ECS for instances with one NVIDIA GPU, on demand, that go five minutes after their task', () => {
    template.hasResourceProperties('AWS::ECS::CapacityProvider', {
      ManagedInstancesProvider: {
        InfrastructureOptimization: { ScaleInAfter: 300 },
        InstanceLaunchTemplate: Match.objectLike({
          CapacityOptionType: 'ON_DEMAND',
          InstanceRequirements: Match.objectLike({
            AcceleratorCount: { Min: 1, Max: 1 },
            AcceleratorManufacturers: ['nvidia'],
            AcceleratorTypes: ['gpu'],
            AllowedInstanceTypes: ['g6.*'],
          }),
        }),
      },
    });
  });

  test('runs a task that has the GPU, and cannot write to its root file system', () => {
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      RequiresCompatibilities: ['MANAGED_INSTANCES'],
      ContainerDefinitions: [
        Match.objectLike({
          ReadonlyRootFilesystem: true,
          Privileged: false,
          ResourceRequirements: [{ Type: 'GPU', Value: '1' }],
          MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false, SourceVolume: 'scratch' }],
        }),
      ],
    });
  });

  test('has no way to the Internet: no gateway, no public subnet, and a load balancer of its VPC', () => {
    template.resourceCountIs('AWS::EC2::InternetGateway', 0);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
    template.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: {
        AwsvpcConfiguration: Match.objectLike({ AssignPublicIp: 'DISABLED' }),
      },
    });
  });

  test('reaches what ECS, ECR, SQS and the logs need by endpoints in one zone, and S3 and DynamoDB by their free ones', () => {
    const endpoints = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(
      ({ Properties }) => Properties,
    );
    const interfaces = endpoints.filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface');
    const services = interfaces.map(({ ServiceName }) => ServiceName['Fn::Join'][1].at(-1)).sort();
    expect(services).toEqual([
      '.ecr.api',
      '.ecr.dkr',
      '.ecs',
      '.ecs-agent',
      '.ecs-telemetry',
      '.logs',
      '.sqs',
    ]);
    for (const { SubnetIds } of interfaces) expect(SubnetIds).toHaveLength(1);
    expect(endpoints.filter(({ VpcEndpointType }) => VpcEndpointType === 'Gateway')).toHaveLength(2);
  });

  test('reaches Lambda, too, where functions that call it invoke others', () => {
    const inVpc = serverTemplate({ callersInvoke: true });
    const services = Object.values(inVpc.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      JSON.stringify(Properties.ServiceName),
    );
    expect(services.filter((name) => name.includes('lambda'))).toHaveLength(1);
  });

  test('lets nobody in but callers to the load balancer, that to tasks, and all of them to the endpoints', () => {
    const open = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(
      ({ Properties }) => Properties.SecurityGroupIngress ?? [],
    );
    expect(open).toEqual([]);
    const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(
      ({ Properties: { FromPort, SourceSecurityGroupId } }) => ({ FromPort, from: SourceSecurityGroupId }),
    );
    expect(rules.map(({ FromPort }) => FromPort).sort()).toEqual([443, 443, 443, 80, 8080]);
    for (const { from } of rules) expect(from).toBeDefined();
  });

  test('wants as many tasks as the jobs or the requests ask for, at once, and none after ten idle minutes', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties,
    );
    const [work, idle] = ['GreaterThanOrEqualToThreshold', 'LessThanOrEqualToThreshold'].map((comparison) =>
      alarms.find(({ ComparisonOperator }) => ComparisonOperator === comparison),
    );
    expect(work).toMatchObject({ Threshold: 1, EvaluationPeriods: 1 });
    expect(idle).toMatchObject({ Threshold: 0, EvaluationPeriods: 10 });
    const names = work.Metrics.flatMap(
      ({ MetricStat }: { MetricStat?: { Metric: { MetricName: string } } }) =>
        MetricStat ? [MetricStat.Metric.MetricName] : [],
    );
    expect(names.sort()).toEqual([
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesVisible',
      'RequestCount',
    ]);
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      StepScalingPolicyConfiguration: Match.objectLike({
        AdjustmentType: 'ExactCapacity',
        StepAdjustments: [
          { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 1, ScalingAdjustment: 1 },
          { MetricIntervalLowerBound: 1, ScalingAdjustment: 2 },
        ],
      }),
    });
  });

  test('touches the queue every hour, so that its metrics do not fall asleep', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 hour)',
      Target: Match.objectLike({ Arn: Match.anyValue() }),
    });
  });

  test('lets the worker take and send jobs, the API send them, and both have the state below jobs/ alone', () => {
    const policy = (part: string) =>
      Object.values(template.findResources('AWS::IAM::Policy')).find(({ Properties }) =>
        JSON.stringify(Properties.Roles).includes(part),
      )?.Properties.PolicyDocument.Statement;
    const worker = JSON.stringify(policy('TaskRole'));
    const api = JSON.stringify(policy('Api'));
    expect(worker).toContain('sqs:ReceiveMessage');
    // It answers POST /jobs too, and sends a message anew that the queue would bury.
    expect(worker).toContain('sqs:SendMessage');
    expect(api).toContain('sqs:SendMessage');
    expect(api).not.toContain('sqs:ReceiveMessage');
    for (const text of [worker, api]) {
      expect(text).toContain('/jobs/*');
      expect(text).not.toMatch(/"Resource":"\*"|s3:\*/);
    }
  });
});

test('InferenceServer takes spot instances, other types, and a longer stay, when it is told to', () => {
  const template = serverTemplate({
    gpu: { spot: true, instanceTypes: ['g5.xlarge'], scaleInAfterMinutes: 20 },
  });
  template.hasResourceProperties('AWS::ECS::CapacityProvider', {
    ManagedInstancesProvider: Match.objectLike({
      InfrastructureOptimization: { ScaleInAfter: 1200 },
      InstanceLaunchTemplate: Match.objectLike({
        CapacityOptionType: 'SPOT',
        InstanceRequirements: Match.objectLike({ AllowedInstanceTypes: ['g5.xlarge'] }),
      }),
    }),
  });
});

test('InferenceServer gives further settings to the server', () => {
  serverTemplate({ task: { environment: { PILOTLIGHT_JOB_CONCURRENCY: '32' } } }).hasResourceProperties(
    'AWS::ECS::TaskDefinition',
    {
      ContainerDefinitions: [
        Match.objectLike({
          Environment: Match.arrayWith([
            { Name: 'PILOTLIGHT_JOB_CONCURRENCY', Value: '32' },
            { Name: 'PILOTLIGHT_PORT', Value: '8080' },
          ]),
        }),
      ],
    },
  );
});

test('InferenceServer starts minTasks by itself, because scaling alone raises no service to its minimum', () => {
  const alarms = Object.values(
    serverTemplate({ scaling: { minTasks: 1 } }).findResources('AWS::CloudWatch::Alarm'),
  );
  const expressions = alarms.flatMap(({ Properties }) =>
    Properties.Metrics.map(({ Expression }: Record<string, string>) => Expression),
  );
  expect(expressions.filter((text) => text !== undefined)).toEqual([
    expect.stringContaining('CEIL(FILL(requests, 0) / 600), 1])'),
    expect.stringContaining('CEIL(FILL(requests, 0) / 600), 1])'),
  ]);
});

test('InferenceServer lets the load balancer deliver logs below the account, without a condition that its test file fails', () => {
  const [policy] = Object.values(serverTemplate().findResources('AWS::S3::BucketPolicy')).flatMap(
    ({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(({ Principal }: { Principal: object }) =>
        JSON.stringify(Principal).includes('logdelivery.elasticloadbalancing'),
      ),
  );
  expect(policy.Condition).toBeUndefined();
  expect(JSON.stringify(policy.Resource)).toContain(
    '"/load-balancer/AWSLogs/",{"Ref":"AWS::AccountId"},"/*"',
  );
});

test('InferenceServer names the role of its instances by region, because regions share the names of roles', () => {
  const template = serverTemplate();
  const [name] = Object.values(template.findResources('AWS::IAM::InstanceProfile')).map(
    ({ Properties }) => Properties.InstanceProfileName,
  );
  template.hasResourceProperties('AWS::IAM::Role', { RoleName: name });
  expect(name['Fn::Join'][1].at(-1)).toEqual({ Ref: 'AWS::Region' });
  expect(String(name['Fn::Join'][1][0])).toMatch(/^ecsInstanceRole\w+-$/);
  // The longest names of regions have 16 characters, and roles 64.
  expect(String(name['Fn::Join'][1][0]).length).toBeLessThanOrEqual(64 - 16);
});

test('InferenceServer lets its tasks use a key of the team by S3 and SQS, and not by themselves', () => {
  const template = serverTemplate((stack) => ({ logging: { encryptionKey: new Key(stack, 'Key') } }));
  const statements = statementsOf(template, 'TaskRole').filter(({ Action }) =>
    JSON.stringify(Action).includes('kms:'),
  );
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements)
    expect(JSON.stringify(statement)).toMatch(/"kms:ViaService":\[.*"s3\.",.*"sqs\."/);
});

test.each([
  [1, [1, 1]],
  [3, [1, 2, 3]],
])('InferenceServer scales to %i tasks step by step', (maxTasks, expected) => {
  const policies = serverTemplate({ scaling: { maxTasks } }).findResources(
    'AWS::ApplicationAutoScaling::ScalingPolicy',
  );
  const exact = Object.values(policies)
    .map(({ Properties }) => Properties.StepScalingPolicyConfiguration)
    .find(({ AdjustmentType }) => AdjustmentType === 'ExactCapacity');
  const adjustments: { ScalingAdjustment: number }[] = exact.StepAdjustments;
  expect(adjustments.map(({ ScalingAdjustment }) => ScalingAdjustment)).toEqual(expected);
});

test.each([
  [{ gpu: { scaleInAfterMinutes: 120 } }, 'Stack/Server: gpu.scaleInAfterMinutes must be at most 60.'],
  [{ scaling: { minTasks: 3 } }, 'Stack/Server: scaling.minTasks must not be above maxTasks.'],
  [{ scaling: { maxTasks: 0 } }, 'Stack/Server: scaling.maxTasks must be at least 1'],
  [{ scaling: { idleAfterMinutes: 1.5 } }, 'scaling.idleAfterMinutes must be a whole number'],
  [
    { task: { environment: { PILOTLIGHT_PORT: '80' } } },
    'task.environment has PILOTLIGHT_PORT, which the construct sets',
  ],
  [{ task: { environment: { PILOTLIGHT_JOB_PREFIX: 'x/' } } }, 'task.environment has PILOTLIGHT_JOB_PREFIX'],
  [
    { task: { environment: { PILOTLIGHT_JOB_CONCURRENCY: 'many', PILOTLIGHT_REQUIRE_GPU: 'yes' } } },
    'environment is not valid: PILOTLIGHT_JOB_CONCURRENCY: must be a whole number above 0; PILOTLIGHT_REQUIRE_GPU: must be 1 or 0',
  ],
  [{ task: { environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' } } }, 'must be an address such as'],
  [{ task: { environment: { PILOTLIGHT_VERIFI: 'size' } } }, 'Did you mean PILOTLIGHT_VERIFY?'],
] as const)('InferenceServer refuses %j', (props, message) => {
  expect(() => serverTemplate(props)).toThrow(message);
});

test('cdk-nag finds nothing that is not explained', () => {
  expect(findingsOf((stack) => makeServer(stack))).toEqual([]);
  expect(findingsOf((stack) => makeServer(stack, { network: { kind: 'nat' } }))).toEqual([]);
});
