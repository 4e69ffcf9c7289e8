import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { makeServer, type ServerProps, serverTemplate } from './server-under-test.ts';
import { testStack } from './template.ts';

test('InferenceServer puts tasks behind one NAT gateway, and none of them into its public subnets, when it is told to', () => {
  const template = serverTemplate({ network: { kind: 'nat' } });
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
  const { callers } = makeServer(stack, { network: { kind: 'nat' } });
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
    Object.entries(serverTemplate({ network: { kind } }).findResources('AWS::EC2::VPCEndpoint')).map(
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
  const idsOf = (props: ServerProps) => Object.keys(serverTemplate(props).toJSON().Resources);
  const before = idsOf({});
  const networks: ServerProps['network'][] = [
    { kind: 'endpoints', cidr: '10.98.0.0/22' },
    { kind: 'endpoints', zones: ['eu-central-1a', 'eu-central-1c'] },
    { kind: 'nat' },
    { kind: 'nat', cidr: '10.98.0.0/22' },
  ];
  for (const network of networks) {
    const after = new Set(idsOf({ network } as ServerProps));
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
  const subnets = serverTemplate({ network: { kind: 'endpoints', zones } }).findResources('AWS::EC2::Subnet');
  expect(Object.values(subnets).map(({ Properties }) => Properties.AvailabilityZone)).toEqual(zones);
});

test('InferenceServer joins a VPC that is given', () => {
  const template = serverTemplate((stack) => ({
    network: { kind: 'given', vpc: new Vpc(stack, 'Ours', { maxAzs: 2, natGateways: 1 }) as never },
  }));
  template.resourceCountIs('AWS::EC2::VPC', 1);
});
