import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  InferenceServer,
  type InferenceServerProps,
} from '../../../infra/constructs/src/server/inference-server.ts';
import { findingsOf } from './findings.ts';
import { actionsOf, statementsOf, testStack } from './template.ts';

const FLAGS = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true };

type Props = Partial<InferenceServerProps>;

function backend(stack: Stack, props: Props = {}): InferenceServer {
  const image = ContainerImage.fromEcrRepository(
    Repository.fromRepositoryName(stack, 'Images', 'pilotlight'),
    '1',
  );
  return new InferenceServer(stack, 'Server', { image, ...props });
}

function templateOf(props: Props | ((stack: Stack) => Props) = {}): Template {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false, context: FLAGS }), 'Stack');
  const server = backend(stack, typeof props === 'function' ? props(stack) : props);
  server.grantSubmitJobs(new Role(stack, 'Api', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
  return Template.fromStack(stack);
}

describe('with its defaults', () => {
  let template: Template;
  beforeAll(() => {
    template = templateOf();
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
    const inVpc = templateOf({ callersInvoke: true });
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
  const template = templateOf({
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
  templateOf({ task: { environment: { PILOTLIGHT_JOB_CONCURRENCY: '32' } } }).hasResourceProperties(
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

test('InferenceServer puts tasks behind one NAT gateway, and none of them into its public subnets, when it is told to', () => {
  const template = templateOf({ network: { kind: 'nat' } });
  template.resourceCountIs('AWS::EC2::NatGateway', 1);
  const { Properties } = Object.values(template.findResources('AWS::ECS::Service'))[0] ?? {};
  const subnets = JSON.stringify(Properties?.NetworkConfiguration);
  expect(subnets).toContain('tasksSubnet');
  expect(subnets).not.toContain('natSubnet');
  const interfaces = template.findResources('AWS::EC2::VPCEndpoint', {
    Properties: { VpcEndpointType: 'Interface' },
  });
  expect(Object.keys(interfaces)).toEqual([expect.stringContaining('Sqs')]);
});

test('InferenceServer lets functions that call it reach the queue and S3 from subnets without a way to the Internet, beside NAT too', () => {
  const stack = testStack();
  const { callers } = backend(stack, { network: { kind: 'nat' } });
  const template = Template.fromStack(stack);
  const routed = Object.values(template.findResources('AWS::EC2::Route')).map(
    ({ Properties }) => Properties.RouteTableId.Ref,
  );
  const tables = callers.subnets.map(({ routeTable }) => stack.resolve(routeTable.routeTableId).Ref);
  expect(tables).toHaveLength(2);
  expect(routed.filter((table) => tables.includes(table))).toEqual([]);
});

describe.each(['endpoints', 'nat'] as const)('the endpoints of a network of kind %s', (kind) => {
  const endpoints = () =>
    Object.entries(templateOf({ network: { kind } }).findResources('AWS::EC2::VPCEndpoint')).map(
      ([id, { Properties }]) => ({ id, statements: Properties.PolicyDocument.Statement }),
    );
  const account = { Ref: 'AWS::AccountId' };

  test('let through only identities of this account, and only to resources of it where a resource has an account', () => {
    for (const { id, statements } of endpoints()) {
      const [{ Effect, Principal, Condition }] = statements;
      expect({ Effect, Principal }, id).toEqual({ Effect: 'Allow', Principal: '*' });
      expect(Condition.StringEquals, id).toEqual({ 'aws:PrincipalAccount': account });
      expect(Condition.StringEqualsIfExists, id).toEqual(
        // An image may lie in the registry of another account.
        id.includes('Ecr') ? undefined : { 'aws:ResourceAccount': account },
      );
    }
  });

  test('let through to S3 the layers of images beside, and nothing else', () => {
    for (const { id, statements } of endpoints()) {
      const beside = statements.slice(1);
      if (!/S3/.test(id)) expect(beside, id).toEqual([]);
      else
        expect(beside).toEqual([
          {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:GetObject',
            Resource: {
              'Fn::Join': [
                '',
                [
                  'arn:',
                  { Ref: 'AWS::Partition' },
                  ':s3:::prod-',
                  { Ref: 'AWS::Region' },
                  '-starport-layer-bucket/*',
                ],
              ],
            },
          },
        ]);
    }
  });
});

test('InferenceServer makes another network and load balancer where kind, addresses or zones are other ones, and keeps the rest', () => {
  const idsOf = (props: Props) => Object.keys(templateOf(props).toJSON().Resources);
  const before = idsOf({});
  const networks: Props['network'][] = [
    { kind: 'endpoints', cidr: '10.98.0.0/22' },
    { kind: 'endpoints', zones: ['eu-central-1a', 'eu-central-1c'] },
    { kind: 'nat' },
    { kind: 'nat', cidr: '10.98.0.0/22' },
  ];
  for (const network of networks) {
    const after = new Set(idsOf({ network } as Props));
    const kept = before.filter((id) => after.has(id));
    const gone = before.filter((id) => !after.has(id));
    expect(
      kept.filter((id) => /Subnet|Vpc|Balancer[0-9A-F]{8}/.test(id)),
      JSON.stringify(network),
    ).toEqual([]);
    expect(gone.filter((id) => !/^ServerNetwork|^ServerLoadBalancer/.test(id))).toEqual([]);
    expect(gone.filter((id) => /Bucket|Queue|AccessLogs/.test(id))).toEqual([]);
  }
});

test('InferenceServer takes the zones that are named', () => {
  const zones = ['eu-central-1b', 'eu-central-1c', 'eu-central-1a'];
  const subnets = templateOf({ network: { kind: 'endpoints', zones } }).findResources('AWS::EC2::Subnet');
  expect(Object.values(subnets).map(({ Properties }) => Properties.AvailabilityZone)).toEqual(zones);
});

test('InferenceServer starts minTasks by itself, because scaling alone raises no service to its minimum', () => {
  const alarms = Object.values(
    templateOf({ scaling: { minTasks: 1 } }).findResources('AWS::CloudWatch::Alarm'),
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
  const [policy] = Object.values(templateOf().findResources('AWS::S3::BucketPolicy')).flatMap(
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
  const template = templateOf();
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
  const template = templateOf((stack) => ({ logging: { encryptionKey: new Key(stack, 'Key') } }));
  const statements = statementsOf(template, 'TaskRole').filter(({ Action }) =>
    JSON.stringify(Action).includes('kms:'),
  );
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements)
    expect(JSON.stringify(statement)).toMatch(/"kms:ViaService":\[.*"s3\.",.*"sqs\."/);
});

test('InferenceServer joins a VPC that is given', () => {
  const template = templateOf((stack) => ({
    network: { kind: 'given', vpc: new Vpc(stack, 'Ours', { maxAzs: 2, natGateways: 1 }) as never },
  }));
  template.resourceCountIs('AWS::EC2::VPC', 1);
});

test.each([
  [1, [1, 1]],
  [3, [1, 2, 3]],
])('InferenceServer scales to %i tasks step by step', (maxTasks, expected) => {
  const policies = templateOf({ scaling: { maxTasks } }).findResources(
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
  expect(() => templateOf(props)).toThrow(message);
});

test('cdk-nag finds nothing that is not explained', () => {
  expect(findingsOf((stack) => backend(stack))).toEqual([]);
  expect(findingsOf((stack) => backend(stack, { network: { kind: 'nat' } }))).toEqual([]);
});
