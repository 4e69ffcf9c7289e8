/** Who may deploy from GitHub, and what pull requests may read. */
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { defineDeployment } from '../../../infra/constructs/src/app/config/load.ts';
import { PilotlightStage } from '../../../infra/constructs/src/app/pilotlight-stage.ts';
import {
  GitHubDeployRole,
  type GitHubDeployRoleProps,
  InferenceFunction,
} from '../../../infra/constructs/src/index.ts';
import { CONTEXT } from '../app/deployments.ts';
import { actionsOf, refusalOf, statementsOf, testStack } from './template.ts';

const PROPS = {
  repository: 'acme/nlp',
  environment: 'prod',
  stackNames: ['Nlp'],
} satisfies GitHubDeployRoleProps;
const ENV = { account: '111122223333', region: 'eu-central-1' };
const ISSUER = 'token.actions.githubusercontent.com';

function template(props: Partial<GitHubDeployRoleProps> = {}, verified = false): Template {
  const app = new App({ builtinCloudFormationValidation: false, context: CONTEXT });
  const stack = new Stack(app, 'Nlp', { env: ENV });
  const roles = new GitHubDeployRole(stack, 'Pipeline', { ...PROPS, ...props });
  if (verified)
    roles.allowVerification(new InferenceFunction(stack, 'Predict', { models: ['sentiment'] }).alias);
  return Template.fromStack(stack);
}

const trusts = (subject: string) => ({
  AssumeRolePolicyDocument: {
    Statement: [
      {
        Action: 'sts:AssumeRoleWithWebIdentity',
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${ISSUER}` },
        Condition: {
          StringEquals: {
            [`${ISSUER}:aud`]: 'sts.amazonaws.com',
            [`${ISSUER}:sub`]: `repo:acme/nlp:${subject}`,
          },
        },
      },
    ],
  },
});

describe('jobs of one environment of one repository', () => {
  test('get a role for an hour, and jobs of other environments, branches and repositories do not', () => {
    template().hasResourceProperties('AWS::IAM::Role', {
      ...trusts('environment:prod'),
      MaxSessionDuration: 3600,
    });
    template({ sessionHours: 3 }).hasResourceProperties('AWS::IAM::Role', { MaxSessionDuration: 10_800 });
  });

  test.each([
    [undefined, 'hnb659fds'],
    ['acme', 'acme'],
  ])(
    'with the qualifier %s may take on four roles of the bootstrap, and do nothing else',
    (qualifier, named) => {
      const statements = statementsOf(template({ ...(qualifier && { qualifier }) }), 'PipelineRole');
      const role = (name: string) =>
        `arn:aws:iam::111122223333:role/cdk-${named}-${name}-role-111122223333-eu-central-1`;
      expect(statements).toEqual([
        {
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Resource: ['deploy', 'file-publishing', 'image-publishing', 'lookup'].map(role),
        },
      ]);
    },
  );

  test('may invoke the alias that they verify, and no other function', () => {
    const verified = template({}, true);
    const [alias] = Object.keys(verified.findResources('AWS::Lambda::Alias'));
    expect(statementsOf(verified, 'PipelineRole')).toContainEqual({
      Action: 'lambda:InvokeFunction',
      Effect: 'Allow',
      Resource: { Ref: alias },
    });
  });
});

test('pull requests may read the templates of the stacks that they are compared with, and nothing else', () => {
  const compared = template({ stackNames: ['Nlp', 'Other'] });
  compared.hasResourceProperties('AWS::IAM::Role', trusts('pull_request'));
  expect(statementsOf(compared, 'PipelinePullRequestRole')).toEqual([
    {
      Action: ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate'],
      Effect: 'Allow',
      Resource: ['Nlp', 'Other'].map(
        (name) => `arn:aws:cloudformation:eu-central-1:111122223333:stack/${name}/*`,
      ),
    },
  ]);
});

test('the identity provider is the one of the account, or one that outlives the stack', () => {
  template().resourceCountIs('AWS::IAM::OIDCProvider', 0);
  const made = template({ createProvider: true });
  made.hasResource('AWS::IAM::OIDCProvider', {
    Properties: { Url: `https://${ISSUER}`, ClientIdList: ['sts.amazonaws.com'] },
    DeletionPolicy: 'Retain',
  });
  const [provider] = Object.keys(made.findResources('AWS::IAM::OIDCProvider'));
  const federated = { Federated: { Ref: provider } };
  made.allResourcesProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: { Statement: [Match.objectLike({ Principal: federated })] },
  });
});

test.each([
  [{ repository: 'acme' }, 'Test/Pipeline: repository must be OWNER/NAME of a repository on GitHub.'],
  [{ repository: 'acme/*' }, 'Test/Pipeline: repository must be OWNER/NAME of a repository on GitHub.'],
  [{ environment: '*' }, 'Test/Pipeline: environment must be a name without * and ?.'],
  [{ sessionHours: 13 }, 'Test/Pipeline: sessionHours must be at most 12.'],
])('%j is refused', (props, message) => {
  expect(refusalOf(() => new GitHubDeployRole(testStack(), 'Pipeline', { ...PROPS, ...props }))).toEqual({
    code: 'INVALID_PROPS',
    message,
  });
});

test('a deployment with a pipeline has its roles beside its functions, for all of its stacks and the packages that it fetches', {
  timeout: 300_000,
}, () => {
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  const { config, ...names } = defineDeployment({
    team: 'acme',
    env: 'prod',
    config: {
      ...ENV,
      qualifier: 'acme',
      functions: { main: { models: ['sentiment'] }, other: { models: ['intent'] } },
      packages: {
        from: 's3://acme-models/nlp/',
        sha256: { 'sentiment@1.0.1': 'a'.repeat(64) },
        aliases: { intent: 'prod' },
      },
      pipeline: { repository: 'acme/nlp' },
    },
  });
  const stage = new PilotlightStage(app, {
    ...names,
    config: { ...config, packagesFolder: 'model-assets/packages' },
  });
  expect(() => app.synth()).not.toThrow();
  const service = Template.fromStack(Stack.of(stage.node.findChild('service')));
  service.hasResourceProperties('AWS::IAM::Role', trusts('environment:prod'));
  expect(actionsOf(statementsOf(service, 'PipelineRole'))).toEqual([
    'lambda:InvokeFunction',
    's3:GetObject',
    'sts:AssumeRole',
  ]);
  const read = statementsOf(service, 'PipelinePullRequestRole');
  expect(JSON.stringify(read)).toContain('stack/pilotlight-acme-prod-observability/*');
  expect(read).toContainEqual({
    Action: 's3:GetObject',
    Effect: 'Allow',
    Resource: ['_registry/intent.json', 'intent/*', 'sentiment/1.0.1/*'].map(
      (place) => `arn:aws:s3:::acme-models/nlp/${place}`,
    ),
  });
  const aliases = Object.keys(service.findResources('AWS::Lambda::Alias')).map((Ref) => ({ Ref }));
  service.hasOutput('Aliases', { Value: { 'Fn::Join': ['', [aliases[0], ',', aliases[1]]] } });
});
