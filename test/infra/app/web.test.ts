/** Deployments with web functions: which stacks they have, and what they say of themselves. */
import { createHash } from 'node:crypto';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { IConstruct } from 'constructs';
import { expect, test } from 'vitest';
import { defineDeployment } from '../../../infra/constructs/src/app/config/load.ts';
import type { ConfigInput } from '../../../infra/constructs/src/app/config/schema.ts';
import { explain } from '../../../infra/constructs/src/app/explain.ts';
import { PilotlightStage } from '../../../infra/constructs/src/app/pilotlight-stage.ts';
import { webCurlLine } from '../../../infra/constructs/src/app/stacks/curl-line.ts';
import { CONTEXT } from './deployments.ts';

const web = { compute: 'web', models: ['intent'] } as const;

function stageOf(config: ConfigInput): PilotlightStage {
  const context = { ...CONTEXT, 'aws:cdk:disable-asset-staging': true };
  const app = new App({ context, builtinCloudFormationValidation: false });
  return new PilotlightStage(app, defineDeployment({ team: 'x', env: 'y', config }));
}

/** Stacks of a class of their own have resources; a stack without any is one that the CDK deletes. */
const isFilled = (child: IConstruct): boolean => child.constructor !== Stack;
const stacksOf = (stage: PilotlightStage): string[] =>
  stage.node.children.filter(isFilled).map(({ node }) => node.id);

test('a deployment of web functions alone has no HTTP API, and is explained', () => {
  const stage = stageOf({ functions: { web } });
  expect(stage.service).toBeUndefined();
  expect(stacksOf(stage)).toEqual(['web', 'observability']);
  expect(explain(stage)).toMatch(
    /^web function web\n {2}intent@1\.0\.1 int8: one zip of \d+ MB unzipped, of at most 512\.$/,
  );
});

test('a deployment without web functions has no stack for them', () => {
  const stage = stageOf({ functions: { main: { models: ['intent'] } } });
  expect(stacksOf(stage)).toEqual(['service', 'observability']);
});

test('functions that all become web functions leave a stack of functions that the CDK deletes, and the other way round', () => {
  const deletedBy = (config: ConfigInput) =>
    stageOf(config)
      .node.children.filter((child) => !isFilled(child))
      .map(({ node }) => node.id);
  expect(deletedBy({ functions: { web } })).toContain('service');
  expect(deletedBy({ functions: { main: { models: ['intent'] } } })).toContain('web');
});

test('web functions stand beside others, with the metrics of the deployment', () => {
  const stage = stageOf({ functions: { main: { models: ['intent'] }, web } });
  expect(stacksOf(stage)).toEqual(['service', 'web', 'observability']);
  expect(stage.web?.functions.get('web')?.metricsNamespace).toBe('Pilotlight/x-y');
});

test('web functions tell of requests as the deployment says, unless one says otherwise', () => {
  const environment = { PILOTLIGHT_REQUEST_METRICS: 'each' };
  const { web: stack } = stageOf({
    observability: { requestMetrics: 'minute', stageMetrics: 'metrics' },
    functions: { web: { ...web, web: { environment } } },
  });
  Template.fromStack(stack ?? expect.fail()).hasResourceProperties('AWS::Lambda::WebFunctionRevision', {
    ServiceConfig: {
      EnvironmentVariables: { PILOTLIGHT_REQUEST_METRICS: 'each', PILOTLIGHT_STAGE_METRICS: 'metrics' },
    },
  });
});

test('revisions stay as long as buckets and logs do', () => {
  const policyOf = (removalPolicy: 'destroy' | 'retain') => {
    const { web: stack } = stageOf({ removalPolicy, functions: { web } });
    const [revision] = Object.values(
      Template.fromStack(stack ?? expect.fail()).findResources('AWS::Lambda::WebFunctionRevision'),
    );
    return revision?.UpdateReplacePolicy;
  };
  expect(policyOf('retain')).toBe('Retain');
  expect(policyOf('destroy')).toBeUndefined();
});

test('the outputs say the address, the revision, and how to try it', () => {
  const { web: stack } = stageOf({ functions: { web } });
  const outputs = Object.keys(Template.fromStack(stack ?? expect.fail()).findOutputs('*'));
  // Those by which the CDK tells the other stacks are for no reader.
  expect(outputs.filter((name) => !name.startsWith('PublishOutputRef'))).toEqual([
    'webUrl',
    'webRevision',
    'webTry',
  ]);
});

test('a request by IAM is signed for Lambda and carries the checksum of its body, without which it is refused', () => {
  const line = webCurlLine('https://a.lambda-web.eu-central-1.on.aws/', 'intent', 'iam', 'eu-central-1');
  const [, body = ''] = /-d '([^']+)'/.exec(line) ?? [];
  expect(line).toContain('--aws-sigv4 aws:amz:eu-central-1:lambda ');
  expect(line).toContain(`-H "x-amz-content-sha256: ${createHash('sha256').update(body).digest('hex')}"`);
  expect(line).toMatch(/ https:\/\/a\.lambda-web\.eu-central-1\.on\.aws\/models\/intent$/);
});

test('a request by key carries the key, and nothing of IAM', () => {
  expect(webCurlLine('https://a/', 'intent', 'api-key', 'eu-central-1')).toBe(
    `curl -H "x-api-key: $API_KEY" -d '{"inputs":"I love this"}' https://a/models/intent`,
  );
});
