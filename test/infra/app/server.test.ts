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
  for (const path of ['Dockerfile', 'models/intent/1.0.1/model.json', 'app/server.mjs'])
    expect(existsSync(join(folder, path)), path).toBe(true);
  expect(existsSync(join(folder, 'app/session-worker.mjs'))).toBe(true);
});

describe('of the functions', () => {
  const functions = () => Template.fromStack(stage.service).findResources('AWS::Lambda::Function');
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
  });
});

test('a deployment with a server says what goes to the server, when, and what happens while none runs', () => {
  const said = explain(stage);
  expect(said).toMatch(/server\n {2}what +size +where\n {2}intent@1\.0\.1 int8 +4\.8 MB +server\n/);
  expect(said).toContain(
    'intent: what is too heavy for function heavy; while no server runs, function heavy answers.\n  Called by: main, heavy.',
  );
});
