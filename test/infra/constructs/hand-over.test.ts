/** The variables that functions and the server get of each other, read by the code that will read them. */
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Hono } from 'hono';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { routes } from '../../../functions/app/src/routes.ts';
import { createHttpServer } from '../../../functions/app/src/serve/node-server.ts';
import { readConfig } from '../../../functions/app/src/settings/config.ts';
import { readServerConfig } from '../../../functions/app/src/settings/server.ts';
import { type HandOver, InferenceFunction, InferenceServer } from '../../../infra/constructs/src/index.ts';
import { findingsOf } from './findings.ts';
import { refusalOf, statementsOf, testStack } from './template.ts';

const MODELS = { large: 'job', intent: 'cpu' } as const;

function build(stack: Stack, options: Partial<HandOver> = {}) {
  const image = ContainerImage.fromEcrRepository(Repository.fromRepositoryName(stack, 'Images', 'gpu'), '1');
  const server = new InferenceServer(stack, 'Server', { image, models: ['large', 'intent@1.0.1'] });
  const handOver = { server, models: MODELS, ...options };
  const lambda = new InferenceFunction(stack, 'Predict', { models: ['intent'], handOver });
  return { server, lambda };
}

/** A value as CloudFormation would make it, with the names of resources for what only AWS knows. */
function deployed(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref: reference } = Object(value);
  if (Array.isArray(join)) return Array.from(join[1], deployed).join(join[0]);
  const name = Array.isArray(attribute) ? attribute.join('.') : String(reference);
  return name.includes('Queue') ? `https://sqs.eu-central-1.amazonaws.com/111122223333/${name}` : name;
}

const variablesSchema = z.record(z.string(), z.unknown());

let template: Template;
beforeAll(() => {
  const stack = testStack();
  build(stack);
  template = Template.fromStack(stack);
});

const one = (type: string, part = '') => {
  const [found] = Object.entries(template.findResources(type)).filter(([id]) => id.includes(part));
  return Object(found?.[1]).Properties;
};

describe('a function beside a container', () => {
  const environment = () =>
    Object.fromEntries(
      Object.entries(
        variablesSchema.parse(one('AWS::Lambda::Function', 'Predict').Environment.Variables),
      ).map(([name, value]) => [name, deployed(value)]),
    );

  test('is told where the container is and what it serves, in words that it understands', () => {
    const config = readConfig(environment());
    expect(config.PILOTLIGHT_SERVER).toMatchObject({
      url: expect.stringMatching(/^http:\/\/ServerLoadBalancer\w+\.DNSName$/),
      models: MODELS,
      maxInferMs: 20_000,
    });
    expect(config.PILOTLIGHT_JOB_QUEUE_URL).toMatch(/ServerJobsQueue/);
    expect(config.PILOTLIGHT_JOB_BUCKET).toMatch(/^ServerJobsBucket/);
    expect(config.PILOTLIGHT_JOB_PREFIX).toBe('jobs/');
  });

  test('gives the container up before API Gateway gives the function up', () => {
    const { deadlineMs } = readConfig(environment()).PILOTLIGHT_SERVER ?? { deadlineMs: Number.NaN };
    expect(deadlineMs).toBeLessThan(one('AWS::Lambda::Function', 'Predict').Timeout * 1000);
  });

  test('stands in the network of the container, and reaches load balancer, endpoints and S3 alone', () => {
    const { VpcConfig } = one('AWS::Lambda::Function', 'Predict');
    expect(VpcConfig.SubnetIds).toHaveLength(2);
    const [group] = VpcConfig.SecurityGroupIds;
    expect(JSON.stringify(group)).toContain('Callers');
    const { SecurityGroupEgress, SecurityGroupIngress } = one('AWS::EC2::SecurityGroup', 'Callers');
    expect(SecurityGroupIngress).toBeUndefined();
    const own = SecurityGroupEgress.map(({ FromPort, ToPort }: Record<string, number>) => [FromPort, ToPort]);
    const others = Object.entries(template.findResources('AWS::EC2::SecurityGroupEgress'))
      .filter(([id]) => id.includes('Callers'))
      .map(([, { Properties }]) => [Properties.FromPort, Properties.ToPort]);
    expect([...own, ...others].sort()).toEqual([
      [443, 443],
      [443, 443],
      [80, 80],
    ]);
  });

  test('may send jobs and read, write and delete their state, and no more of queue and bucket', () => {
    const statements = statementsOf(template, 'PredictRole');
    const actions = statements.flatMap(({ Action }) => Action).filter((action) => /^(s3|sqs):/.test(action));
    expect(actions.sort()).toEqual([
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
    ]);
  });

  test('has its network interfaces made by Lambda; its own code may not', () => {
    const { Statement } = one('AWS::IAM::Policy', 'PredictRole').PolicyDocument;
    const [allowed, denied] = ['Allow', 'Deny'].map((effect) =>
      Statement.filter(
        ({ Effect, Action }: Record<string, string>) =>
          Effect === effect && JSON.stringify(Action).includes('ec2:'),
      ),
    );
    const actionsOf = (statements: { Action: string[] }[]) => statements.flatMap(({ Action }) => Action);
    expect(actionsOf(denied).sort()).toEqual(actionsOf(allowed).sort());
    expect(actionsOf(denied)).toContain('ec2:CreateNetworkInterface');
    expect(JSON.stringify(denied[0].Condition)).toMatch(/ArnLike.*lambda:SourceFunctionArn.*:function:\*/);
  });

  test('is there once its role may make network interfaces', () => {
    const { DependsOn } = Object(
      Object.entries(template.findResources('AWS::Lambda::Function')).find(([id]) =>
        id.startsWith('PredictFunction'),
      )?.[1],
    );
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringContaining('PredictRoleDefaultPolicy')]));
  });
});

describe('the container', () => {
  const server = () => one('AWS::ECS::TaskDefinition').ContainerDefinitions[0];
  const config = () => {
    const pairs = z.array(z.object({ Name: z.string(), Value: z.unknown() })).parse(server().Environment);
    return readServerConfig(Object.fromEntries(pairs.map(({ Name, Value }) => [Name, deployed(Value)])));
  };

  test('is told its port, its models and its jobs in words that it understands', () => {
    const { server: settings, shared } = config();
    expect(settings.PILOTLIGHT_PORT).toBe(server().PortMappings[0].ContainerPort);
    expect(settings.PILOTLIGHT_REQUIRE_GPU).toBe(true);
    expect(shared.PILOTLIGHT_PRELOAD_MODELS).toEqual(['large', 'intent@1.0.1']);
    expect(shared.PILOTLIGHT_JOB_QUEUE_URL).toMatch(/ServerJobsQueue/);
    expect(shared.PILOTLIGHT_JOB_BUCKET).toMatch(/^ServerJobsBucket/);
  });

  test('is told its region, which its clients of S3 and SQS cannot do without', () => {
    expect(server().Environment).toContainEqual({ Name: 'AWS_REGION', Value: { Ref: 'AWS::Region' } });
  });

  test('ends before it is killed, and before a spot instance is gone, its drain included', () => {
    const attributes: { Key: string; Value: string }[] = one(
      'AWS::ElasticLoadBalancingV2::TargetGroup',
    ).TargetGroupAttributes;
    const drain = Number(attributes.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds')?.Value);
    const { StopTimeout } = server();
    expect(config().server.PILOTLIGHT_SHUTDOWN_GRACE_MS).toBeLessThanOrEqual((StopTimeout - 10) * 1000);
    expect(drain + StopTimeout).toBeLessThan(120);
  });

  test('is asked whether it is ready by the load balancer, and whether it lives by ECS', () => {
    const { HealthCheckPath } = one('AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(HealthCheckPath).toBe(routes.ready.path);
    expect(server().HealthCheck.Command).toEqual(['CMD', 'node', 'health-check.mjs']);
  });

  test('keeps connections for longer than the load balancer, which would else get errors for answers', () => {
    const attributes: { Key: string; Value: string }[] = one(
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
    ).LoadBalancerAttributes;
    const idle = attributes.find(({ Key }) => Key === 'idle_timeout.timeout_seconds')?.Value;
    expect(createHttpServer(new Hono()).keepAliveTimeout).toBeGreaterThan(Number(idle) * 1000);
  });

  test('takes a job often enough that it can fail in words before its message is a dead letter', () => {
    const { RedrivePolicy } = one('AWS::SQS::Queue', 'JobsQueue');
    expect(config().server.PILOTLIGHT_JOB_MAX_ATTEMPTS).toBeLessThan(RedrivePolicy.maxReceiveCount);
  });
});

test('a VPC of its own is refused for a function that stands in the network of a server', () => {
  const stack = testStack();
  const { server } = build(stack);
  const network = { vpcId: 'vpc-0a', subnets: { a: 'subnet-0a' }, securityGroups: ['sg-0a'] };
  const refusal = refusalOf(
    () =>
      new InferenceFunction(stack, 'Other', {
        models: ['intent'],
        lambda: { network },
        handOver: { server, models: MODELS },
      }),
  );
  expect(refusal).toMatchObject({
    code: 'INVALID_PROPS',
    message: expect.stringContaining('Test/Other: lambda.network'),
  });
});

test('a container without models is refused', () => {
  expect(refusalOf(() => build(testStack(), { models: {} })).message).toContain('handOver.models is empty');
});

test('variables of the container are those of the construct, not of a team', () => {
  const environment = { PILOTLIGHT_SERVER: '{}' };
  expect(
    refusalOf(
      () => new InferenceFunction(testStack(), 'Predict', { models: ['intent'], lambda: { environment } }),
    ).message,
  ).toBe('lambda.environment has PILOTLIGHT_SERVER, which the construct sets: use handOver instead.');
});

test('cdk-nag finds nothing that is not explained, with a key of the team too', () => {
  const findings = findingsOf((stack) => {
    const { server } = build(stack);
    new InferenceFunction(stack, 'Encrypted', {
      models: ['intent'],
      lambda: { tracing: true },
      logging: { encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }) },
      handOver: { server, models: MODELS },
    });
  });
  expect(findings).toEqual([]);
});
