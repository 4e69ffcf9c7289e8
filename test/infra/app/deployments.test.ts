/** Tests that hold for every deployment of infra/config. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { curlLine } from '../../../infra/constructs/src/app/stacks/curl-line.ts';
import { LONG } from '../../scale.ts';
import { acknowledgementsOf } from './acknowledgements.ts';
import { type Resource, type SynthesisedDeployment, synthesiseAll } from './deployments.ts';
import { documentsOf, permissionsOf } from './permissions.ts';
import { testWatching } from './watching.ts';

/** The example of production has most of what there is to be checked. */
const isChecked = (name: string) => LONG || name === 'acme.prod';

let deployments: SynthesisedDeployment[];
beforeAll(async () => {
  deployments = await synthesiseAll(isChecked);
}, 600_000);
afterAll(() => {
  for (const { outdir } of deployments) rmSync(outdir, { recursive: true });
});

const every = (type: string | RegExp): Resource[] =>
  deployments.flatMap(({ resources }) =>
    resources.filter(({ Type }) => (typeof type === 'string' ? Type === type : type.test(Type))),
  );
const nameOf = ({ stack, id }: Resource) => `${stack}/${id}`;
const deployment = (name: string): SynthesisedDeployment => {
  const found = deployments.find((one) => one.name === name);
  if (!found) throw new RangeError(name);
  return found;
};
const security = readFileSync('docs/reference/permissions.md', 'utf8');

describe('findings', () => {
  test("neither AWS's validator nor cdk-nag has one that nobody acknowledged, warnings included", () => {
    const report = z.object({
      pluginReports: z.array(z.object({ violations: z.array(z.object({ ruleName: z.string() })) })),
    });
    for (const { outdir } of deployments.filter(({ name }) => isChecked(name))) {
      const file = join(outdir, 'validation-report.json');
      const { pluginReports } = report.parse(JSON.parse(readFileSync(file, 'utf8')));
      expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
    }
  });

  const cfnLint = spawnSync('cfn-lint', ['--version']).status === 0;
  /** What a cfn-lint from before web functions says of them; 1.58 knows them, and 1.51 does not. */
  const AHEAD_OF_IT =
    /Resource type 'AWS::Lambda::WebFunction\w*' does not exist|'invokewebfunctionendpoint'/;
  test.skipIf(!cfnLint || !LONG)(
    'cfn-lint, which AWS keeps apart from the CDK, has none',
    { timeout: 600_000 },
    () => {
      const files = deployments.flatMap(({ stacks }) =>
        stacks.filter(({ resources }) => resources.length > 0).map(({ file }) => file),
      );
      const { stdout, stderr } = spawnSync('cfn-lint', ['--format', 'parseable', ...files], {
        encoding: 'utf8',
      });
      const lines = stdout.split('\n').filter((line) => line !== '' && !AHEAD_OF_IT.test(line));
      expect({ lines, stderr }).toEqual({ lines: [], stderr: '' });
    },
  );

  test('each acknowledgement is of one finding, has a reason in a sentence, and is in docs/reference/permissions.md', () => {
    const all = deployments.flatMap(acknowledgementsOf);
    expect(all.length).toBeGreaterThan(10);
    const broad = all.filter(({ id }) => /\*$|IAM[45]$/.test(id));
    expect(broad).toEqual([]);
    expect(all.filter(({ reason }) => !/^.{30,}\.$/.test(reason))).toEqual([]);
    const rows = new Set(all.map(({ id, reason }) => `| \`${id.replace(/\[.*/, '')}\` | ${reason} |`));
    expect([...rows].filter((row) => !security.includes(row))).toEqual([]);
  });
});

testWatching(() => deployments);

describe('permissions', () => {
  /** AWS has no resource-level permission for these: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
  const WITHOUT_RESOURCE = [
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ecr:GetAuthorizationToken',
    'ecs:DiscoverPollEndpoint',
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ];
  const FAMILIES = ['kms:GenerateDataKey*', 'kms:ReEncrypt*'];

  test('name their resources, where AWS has resources to name', () => {
    const broad = deployments
      .flatMap(permissionsOf)
      .filter(
        ({ actions, resource }) =>
          resource === '*' && actions.some((action) => !WITHOUT_RESOURCE.includes(action)),
      );
    expect(broad).toEqual([]);
  });

  test('name their actions', () => {
    const broad = deployments.flatMap(permissionsOf).filter(
      ({ who, actions }) =>
        // The policy of a key lets the account decide, or nobody could ever change it.
        who !== 'this account, by IAM policies' &&
        // The CDK writes them for its own function, each for one bucket of logs.
        who !== 'emptier of log buckets, with the stack' &&
        actions.some((action) => action.includes('*') && !FAMILIES.includes(action)),
    );
    expect(broad).toEqual([]);
  });

  test('give nobody power over permissions but a pipeline the roles of the bootstrap, and no role a policy of administrators', () => {
    const powers = deployments
      .flatMap(permissionsOf)
      .filter(({ actions }) => actions.some((action) => /^(iam|sts):/.test(action)));
    const roles = ['deploy', 'file-publishing', 'image-publishing', 'lookup'];
    expect(powers.map(({ place, ...power }) => power)).toEqual(
      roles.map((role) => ({
        who: 'pipeline on GitHub',
        actions: ['sts:AssumeRole'],
        resource: `arn:iam:role/cdk-acme-${role}-role-111122223333-eu-central-1`,
      })),
    );
    const managed = every('AWS::IAM::Role').map(({ Properties }) =>
      JSON.stringify(Properties.ManagedPolicyArns ?? []),
    );
    expect(
      managed.filter(
        (arns) => arns !== '[]' && !arns.includes('AmazonECSInfrastructureRolePolicyForManagedInstances'),
      ),
    ).toEqual([]);
  });

  test('are those of the table in docs/reference/permissions.md, no more and no fewer', () => {
    const rows = new Set(
      deployments
        .flatMap(permissionsOf)
        .map(
          ({ who, actions, resource }) =>
            `| ${who} | ${actions.map((action) => `\`${action}\``).join(', ')} | ${resource} |`,
        ),
    );
    const shown = security.split('\n').filter((line) => /^\| [^|]+ \| `\w+:[\w*]/.test(line));
    expect(new Set(shown)).toEqual(rows);
  });
});

describe('nothing is public:', () => {
  test('every bucket blocks public access', () => {
    const blocked = {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    };
    for (const { Properties } of every('AWS::S3::Bucket'))
      expect(Properties.PublicAccessBlockConfiguration).toEqual(blocked);
  });

  test('no policy of a resource allows everybody', () => {
    const open = deployments.flatMap(permissionsOf).filter(({ who }) => who.includes('*'));
    expect(open).toEqual([]);
  });

  test('every route has an authoriser', () => {
    const routes = every('AWS::ApiGatewayV2::Route');
    expect(routes.length).toBeGreaterThan(30);
    expect(
      routes.filter(
        ({ Properties }) => !['AWS_IAM', 'JWT', 'CUSTOM'].includes(String(Properties.AuthorizationType)),
      ),
    ).toEqual([]);
  });

  test('no security group lets the Internet in, and the load balancer is internal', () => {
    const rules = every(/^AWS::EC2::SecurityGroup(Ingress)?$/);
    expect(
      rules.filter(({ Properties }) =>
        /"CidrIp":"0\.0\.0\.0\/0"/.test(
          JSON.stringify(Properties.SecurityGroupIngress ?? (Properties.CidrIp ? Properties : '')),
        ),
      ),
    ).toEqual([]);
    for (const { Properties } of every('AWS::ElasticLoadBalancingV2::LoadBalancer'))
      expect(Properties.Scheme).toBe('internal');
  });
});

describe('everything is encrypted', () => {
  test('at rest', () => {
    for (const { Properties } of every('AWS::S3::Bucket')) expect(Properties.BucketEncryption).toBeDefined();
    for (const { Properties } of every('AWS::SNS::Topic')) expect(Properties.KmsMasterKeyId).toBeDefined();
    for (const { Properties } of every('AWS::SQS::Queue')) {
      expect(Properties.SqsManagedSseEnabled === true || Properties.KmsMasterKeyId !== undefined).toBe(true);
    }
  });

  test.each(['S3::Bucket', 'SQS::Queue', 'SNS::Topic'])(
    'on its way to and from %s: without TLS it is denied',
    (type) => {
      const resources = every(`AWS::${type}`);
      const policies = every(`AWS::${type}Policy`).map((policy) => ({
        policy,
        denied: documentsOf(policy).flatMap(({ Statement }) =>
          Statement.filter(
            ({ Effect, Condition }) =>
              Effect === 'Deny' && JSON.stringify(Condition).includes('"aws:SecureTransport":"false"'),
          ),
        ),
      }));
      const without = resources.filter(
        ({ id, stack }) =>
          !policies.some(
            ({ policy, denied }) =>
              policy.stack === stack && denied.length > 0 && JSON.stringify(policy.Properties).includes(id),
          ),
      );
      expect(without.map(nameOf)).toEqual([]);
    },
  );

  test('a key of the configuration encrypts logs and variables of functions', () => {
    const { resources } = deployment('acme.prod');
    const logs = resources.filter(({ Type }) => Type === 'AWS::Logs::LogGroup');
    const functions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function');
    for (const { Properties } of [
      ...logs.map(({ Properties: { KmsKeyId } }) => ({ Properties: { KmsKeyArn: KmsKeyId } })),
      ...functions,
    ]) {
      expect(Properties.KmsKeyArn).toMatch(/^arn:aws:kms:eu-central-1:111122223333:key\//);
    }
  });
});

describe('every function', () => {
  test('logs into a group that forgets', () => {
    for (const { Properties } of every('AWS::Lambda::Function'))
      expect(Properties.LoggingConfig).toHaveProperty('LogGroup');
    for (const { Properties } of every('AWS::Logs::LogGroup'))
      expect(Properties.RetentionInDays).toBeGreaterThan(0);
  });

  test('waits for the policy of its role, and names no dependency that is implied', () => {
    const functions = every('AWS::Lambda::Function').filter(({ DependsOn }) => DependsOn !== undefined);
    expect(functions.length).toBeGreaterThan(5);
    for (const { DependsOn } of functions) {
      expect([DependsOn].flat().join()).toContain('DefaultPolicy');
      expect([DependsOn].flat().filter((id) => /Role[0-9A-F]{8}$/.test(id ?? ''))).toEqual([]);
    }
  });

  test('runs Node 24, or is an image', () => {
    for (const { Properties } of every('AWS::Lambda::Function')) {
      expect([Properties.PackageType, Properties.Runtime]).toEqual(
        Properties.PackageType === 'Image' ? ['Image', undefined] : [undefined, 'nodejs24.x'],
      );
    }
  });

  test('has nothing in its environment that looks like a secret', () => {
    const secret = /secret|password|token|credential|api_?key/i;
    const variables = every('AWS::Lambda::Function').flatMap(({ Properties }) =>
      Object.entries(
        z
          .object({ Variables: z.record(z.string(), z.unknown()) })
          .default({ Variables: {} })
          .parse(Properties.Environment).Variables,
      ),
    );
    const named = variables.filter(([name]) => secret.test(name));
    expect(named.filter(([, value]) => !/^arn:/.test(String(value)))).toEqual([]);
  });
});

test('every queue that work waits in has a dead-letter queue', () => {
  const queues = every('AWS::SQS::Queue').filter(({ id }) => !id.includes('DeadLetters'));
  expect(queues.length).toBeGreaterThan(1);
  expect(queues.filter(({ Properties }) => Properties.RedrivePolicy === undefined).map(nameOf)).toEqual([]);
});

describe('a configuration decides', () => {
  test('that acme.prod has provisioned aliases, one of which follows office hours', () => {
    const { resources } = deployment('acme.prod');
    const aliases = resources.filter(({ Type }) => Type === 'AWS::Lambda::Alias');
    expect(aliases.map(({ Properties }) => Properties.ProvisionedConcurrencyConfig)).toEqual([
      undefined,
      { ProvisionedConcurrentExecutions: 1 },
    ]);
    const [target] = resources.filter(({ Type }) => Type === 'AWS::ApplicationAutoScaling::ScalableTarget');
    expect(target?.Properties).toMatchObject({ MinCapacity: 1, MaxCapacity: 20 });
    expect(target?.Properties.ScheduledActions).toMatchObject([
      {
        Schedule: 'cron(30 7 ? * MON,TUE,WED,THU,FRI *)',
        Timezone: 'Europe/Zurich',
        ScalableTargetAction: { MinCapacity: 5, MaxCapacity: 20 },
      },
      {
        Schedule: 'cron(50 7 ? * MON,TUE,WED,THU,FRI *)',
        ScalableTargetAction: { MinCapacity: 5, MaxCapacity: 20 },
      },
      { Schedule: 'cron(30 18 ? * MON,TUE,WED,THU,FRI *)', ScalableTargetAction: { MinCapacity: 1 } },
    ]);
  });

  test('the boundary of every role, the bootstrap qualifier, termination protection and tags', () => {
    const { resources, stacks } = deployment('acme.prod');
    const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');
    for (const { Properties } of roles)
      expect(JSON.stringify(Properties.PermissionsBoundary)).toContain('policy/acme-workload-boundary');
    for (const { file, terminationProtection } of stacks) {
      expect(readFileSync(file, 'utf8')).toContain('/cdk-bootstrap/acme/version');
      expect(terminationProtection).toBe(true);
    }
    for (const { Properties } of roles) {
      expect(Properties.Tags).toEqual(
        expect.arrayContaining([
          { Key: 'cost-centre', Value: '4711' },
          { Key: 'team', Value: 'acme' },
          { Key: 'env', Value: 'prod' },
        ]),
      );
    }
  });

  test('what becomes of buckets and logs', () => {
    const policies = (name: string) =>
      new Set(
        deployment(name)
          .resources.filter(({ Type }) => /Bucket$|LogGroup$/.test(Type))
          .map(({ DeletionPolicy }) => DeletionPolicy),
      );
    expect(policies('acme.prod')).toEqual(new Set(['Retain']));
    expect(policies('acme.lab')).toEqual(new Set(['Delete']));
  });

  test('and demo.dev, which decides neither, runs in any account, region and partition', () => {
    // The dashboard says by which region's prices it calculates.
    const { resources } = deployment('demo.dev');
    const others = resources.filter(({ Type }) => Type !== 'AWS::CloudWatch::Dashboard');
    expect(JSON.stringify(others)).not.toMatch(/arn:aws:|\b[a-z]{2}-[a-z]+-\d\b|"\d{12}"/);
  });
});

test('the outputs of a deployment say how to try it', () => {
  const outputs = (name: string) =>
    deployment(name)
      .stacks.flatMap(({ outputs }) => Object.keys(outputs))
      .filter((key) => !/^(Publish|Exports)Output/.test(key));
  expect(outputs('demo.dev')).toEqual(['Url', 'Try', 'Dashboard', 'AlarmTopicArn']);
  expect(outputs('acme.prod')).toEqual(expect.arrayContaining(['Url', 'Try', 'Bucket', 'Dashboard']));
});

test('the request of that output is the one that docs/how-to/deploy.md shows', () => {
  const stack = deployment('demo.dev').stacks.find(({ name }) => name === 'service');
  const region = 'eu-central-1';
  const shown = readFileSync('docs/how-to/deploy.md', 'utf8').replaceAll(/ \\\n\s*/g, ' ');
  const url = `https://abcdefghij.execute-api.${region}.amazonaws.com/`;
  expect(shown).toContain(curlLine(url, 'sentiment', 'iam', region));
  expect(JSON.stringify(stack?.outputs.Try)).toContain('--aws-sigv4 aws:amz:');
});

test('resources and permissions of each deployment are those of its snapshot', async () => {
  for (const one of deployments) {
    await expect(summaryOf(one)).toMatchFileSnapshot(`snapshots/${one.name}.txt`);
  }
});

/** Resources by type and number, then permissions: what a reviewer looks for, without hashes of content. */
function summaryOf({ stacks, ...rest }: SynthesisedDeployment): string {
  const sections = stacks.map(({ name, resources }) => {
    const types = Map.groupBy(resources, ({ Type }) => Type);
    const counts = [...types]
      .map(([type, { length }]) => `  ${String(length).padStart(3)} ${type}`)
      .sort((a, b) => a.slice(6).localeCompare(b.slice(6)));
    const permissions = new Set(
      permissionsOf({ ...rest, stacks, resources }).map(
        ({ who, actions, resource }) => `      ${who}: ${actions.join(', ')} on ${resource}`,
      ),
    );
    return [name, ...counts, ...[...permissions].sort()].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}
