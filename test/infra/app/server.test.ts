/** A deployment with a server whose image is built as it is deployed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parseConfig } from '../../../infra/constructs/src/app/config/load.ts';
import type { ConfigInput } from '../../../infra/constructs/src/app/config/schema.ts';
import { explain } from '../../../infra/constructs/src/app/explain.ts';
import { PilotlightStage } from '../../../infra/constructs/src/app/pilotlight-stage.ts';
import { CONTEXT } from './deployments.ts';

const config: ConfigInput = {
  functions: {
    main: { models: ['sentiment'] },
    heavy: { models: ['intent'] },
    apart: { models: ['slots'] },
  },
  server: { models: { intent: 'cpu' }, baseImages: { cuda: 'registry.example/cuda@sha256:0123' } },
};

const outdir = mkdtempSync(join(tmpdir(), 'pilotlight-server-'));
afterAll(() => rmSync(outdir, { recursive: true }));

let stage: PilotlightStage;
beforeAll(() => {
  const app = new App({ outdir, context: CONTEXT, builtinCloudFormationValidation: false });
  stage = new PilotlightStage(app, { team: 'x', env: 'y', config: parseConfig(config, 'x.y.ts') });
  app.synth();
});

test('a deployment with a server in a VPC that is given stands in its subnets, and looks nothing up in the account', () => {
  const network = {
    kind: 'given',
    vpcId: 'vpc-0a1b2c3d',
    subnets: { 'eu-central-1a': 'subnet-0a', 'eu-central-1c': 'subnet-0c' },
  } as const;
  const image = { repository: 'pilotlight-server', tag: '1.0.0' };
  const given: ConfigInput = {
    account: '111122223333',
    region: 'eu-central-1',
    functions: { main: { models: ['intent'] } },
    server: { models: { intent: 'cpu' }, image, network },
  };
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  const { server, service } = new PilotlightStage(app, {
    team: 'x',
    env: 'y',
    config: parseConfig(given, 'x.y.ts'),
  });
  const subnets = ['subnet-0a', 'subnet-0c'];
  if (!server || !service) throw new RangeError('a stack is missing');
  const template = Template.fromStack(server);
  template.resourceCountIs('AWS::EC2::VPC', 0);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Subnets: subnets });
  template.hasResourceProperties('AWS::EC2::SecurityGroup', { VpcId: 'vpc-0a1b2c3d' });
  Template.fromStack(service).hasResourceProperties('AWS::Lambda::Function', {
    VpcConfig: { SubnetIds: subnets },
  });
  expect(app.synth().manifest.missing ?? []).toEqual([]);
});

test('a deployment whose server names its zones looks none up in the account', () => {
  const zones = ['eu-central-1a', 'eu-central-1c'];
  const named: ConfigInput = {
    account: '111122223333',
    region: 'eu-central-1',
    functions: { main: { models: ['intent'] } },
    server: {
      models: { intent: 'cpu' },
      image: { repository: 'pilotlight-server', tag: '1.0.0' },
      network: { kind: 'endpoints', zones },
    },
  };
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  const { server, service } = new PilotlightStage(app, {
    team: 'x',
    env: 'y',
    config: parseConfig(named, 'x.y.ts'),
  });
  if (!server || !service) throw new RangeError('a stack is missing');
  const subnets = Template.fromStack(server).findResources('AWS::EC2::Subnet');
  expect(Object.values(subnets).map(({ Properties }) => Properties.AvailabilityZone)).toEqual(zones);
  expect(app.synth().manifest.missing ?? []).toEqual([]);
});

test('a part that a configuration has no longer is a stack without resources, which the CDK deletes after all others', () => {
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  const functions = { main: { models: ['intent'] } };
  const without = new PilotlightStage(app, {
    team: 'x',
    env: 'y',
    config: parseConfig({ functions }, 'x.y.ts'),
  });
  const stacks = without.synth().stacks;
  const empty = stacks.filter(({ template }) => template.Resources === undefined);
  expect(empty.map(({ stackName }) => stackName).sort()).toEqual(
    ['batch', 'server', 'web'].map((one) => `pilotlight-x-y-${one}`),
  );
  for (const { dependencies } of empty)
    expect(dependencies.map(({ id }) => id)).toContainEqual(expect.stringContaining('observability'));
  // This is what the CDK's command line looks at: https://github.com/aws/aws-cdk-cli
  const cli = readFileSync('node_modules/aws-cdk/lib/index.js', 'utf8');
  expect(cli).toContain('stack has no resources, deleting existing stack');
});

const assetsSchema = z.object({
  dockerImages: z.record(
    z.string(),
    z.object({
      source: z.object({
        directory: z.string(),
        platform: z.string(),
        dockerBuildArgs: z.record(z.string(), z.string()),
      }),
    }),
  ),
});

test('a deployment with a server has Docker build the image for x86-64 out of a folder with server and models, from the base that is named', () => {
  const assembly = join(outdir, 'assembly-pilotlight-x-y');
  const [file = ''] = readdirSync(assembly).filter((name) => /server.*\.assets\.json$/.test(name));
  const { dockerImages } = assetsSchema.parse(JSON.parse(readFileSync(join(assembly, file), 'utf8')));
  const [{ source }] = Object.values(dockerImages) as [(typeof dockerImages)[string]];
  expect(source.platform).toBe('linux/amd64');
  expect(source.dockerBuildArgs).toEqual({ CUDA_IMAGE: 'registry.example/cuda@sha256:0123' });
  const folder = join(assembly, source.directory);
  const programs = ['app/server.mjs', 'app/session-worker.mjs', 'app/decoder-worker.mjs'];
  for (const path of ['Dockerfile', 'models/intent/1.0.1/model.json', ...programs])
    expect(existsSync(join(folder, path)), path).toBe(true);
});

describe('of the functions', () => {
  const functions = () =>
    Template.fromStack(stage.service ?? new Stack()).findResources('AWS::Lambda::Function');
  const [inside, outside] = [true, false].map(
    (isInside) => () =>
      Object.entries(functions())
        .filter(([, { Properties }]) => (Properties.VpcConfig !== undefined) === isInside)
        .map(([id]) => id.replace(/Function[0-9A-F]{8}$/, '')),
  ) as [() => string[], () => string[]];

  test('those stand beside the server that it has a model of, and the default one, which gets jobs', () => {
    expect(inside()).toEqual(['main', 'heavy']);
    expect(outside()).toEqual(['apart']);
  });

  test('each is told of its server, but those outside', () => {
    for (const [id, { Properties }] of Object.entries(functions())) {
      const { Variables } = Properties.Environment;
      expect('PILOTLIGHT_SERVER' in Variables, id).toBe(!id.startsWith('apart'));
    }
  });
});

test('a deployment with a server is made in the order that its parts need each other: server, functions, dashboard', () => {
  const needs = (stack: Stack) => stack.dependencies.map(({ node }) => node.id).sort();
  const stacks = Object.fromEntries(
    stage.node.children.flatMap((child) => (Stack.isStack(child) ? [[child.node.id, needs(child)]] : [])),
  );
  expect(stacks).toEqual({
    server: [],
    service: ['server'],
    observability: ['server', 'service'],
    // What the configuration has no longer goes when nothing needs it.
    batch: ['observability'],
    web: ['observability'],
  });
});

test('a deployment with a server says what goes to the server, when, and what happens while none runs', () => {
  const said = explain(stage);
  expect(said).toMatch(/server\n {2}what +size +where\n {2}intent@1\.0\.1 int8 +4\.8 MB +server\n/);
  expect(said).toContain(
    'intent: what is too heavy for function heavy; while no server runs, function heavy answers.\n  Called by: main, heavy.\n  Needs a quota for 2 of g6.*; new accounts have none: see "Running On-Demand G and VT instances" in Service Quotas.',
  );
});
