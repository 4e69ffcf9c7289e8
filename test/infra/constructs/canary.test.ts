import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { Canary } from '../../../infra/constructs/src/function/release/canary.ts';
import type { TrafficShift } from '../../../infra/constructs/src/function/release/traffic-shifts.ts';
import { type CanaryOptions, InferenceFunction } from '../../../infra/constructs/src/index.ts';
import { actionsOf, refusalOf, statementsOf, templateOf, testStack } from './template.ts';

const models = ['sentiment', 'intent'];

function template(canary: CanaryOptions = {}): Template {
  return templateOf((stack) => new InferenceFunction(stack, 'Predict', { models, release: { canary } }));
}

const canary = template();

test('the canary gives a new version 10 % of the traffic for five minutes, by CodeDeploy', () => {
  canary.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
    DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
  });
  const [group] = Object.keys(canary.findResources('AWS::CodeDeploy::DeploymentGroup'));
  canary.hasResource('AWS::Lambda::Alias', {
    UpdatePolicy: { CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: group } } },
  });
});

test('the canary rolls back when any of its alarms rings', () => {
  const [group] = Object.values(canary.findResources('AWS::CodeDeploy::DeploymentGroup'));
  const { AlarmConfiguration, AutoRollbackConfiguration } = Object(group).Properties;
  expect(AutoRollbackConfiguration).toMatchObject({ Enabled: true });
  expect(AutoRollbackConfiguration.Events).toContain('DEPLOYMENT_STOP_ON_ALARM');
  const alarms = Object.keys(canary.findResources('AWS::CloudWatch::Alarm'));
  const watched = AlarmConfiguration.Alarms.map((alarm: { Name: { Ref: string } }) => alarm.Name.Ref);
  expect(watched).toHaveLength(3);
  expect(watched.sort()).toEqual(alarms.sort());
});

const versionOf = (of: Template) => ({
  'Fn::GetAtt': [Object.keys(of.findResources('AWS::Lambda::Version'))[0], 'Version'],
});
const functionOf = (of: Template) => ({
  Ref: Object.keys(of.findResources('AWS::Lambda::Function', { Properties: { Timeout: 29 } }))[0],
});

test('an invocation of the new version that fails rings, and one of the old version does not', () => {
  canary.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Dimensions: [
      { Name: 'ExecutedVersion', Value: versionOf(canary) },
      { Name: 'FunctionName', Value: functionOf(canary) },
      { Name: 'Resource', Value: { 'Fn::Join': ['', [functionOf(canary), ':live']] } },
    ],
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test.each([
  ['VersionErrors', 'Sum', 0],
  ['VersionDrift', 'Maximum', 1],
])('%s of the new version ring, whichever model they are of', (MetricName, Statistic, Threshold) => {
  canary.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'Pilotlight/Test',
    MetricName,
    Statistic,
    Dimensions: [
      { Name: 'function_name', Value: functionOf(canary) },
      { Name: 'service', Value: 'pilotlight' },
      { Name: 'version', Value: versionOf(canary) },
    ],
    Threshold,
  });
});

test('each version has alarms of its own, which begin without the state that the version before gave the last', () => {
  const names = Object.values(canary.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) =>
    JSON.stringify(Properties.AlarmName),
  );
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toContain(JSON.stringify(versionOf(canary)));
});

test('the canary watches functions of any number of models', () => {
  const many = templateOf((stack) => {
    const { function: lambda } = new InferenceFunction(stack, 'Predict', { models });
    new Canary(stack, 'Canary', {
      alias: lambda.addAlias('canaried'),
      models: Array.from({ length: 40 }, (_, index) => `model-${index}`),
      metricsNamespace: 'Pilotlight',
    });
  });
  many.resourceCountIs('AWS::CloudWatch::Alarm', 3);
});

test('CodeDeploy takes the role for deployments of this account alone', () => {
  canary.hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: Match.objectLike({
      Statement: [
        Match.objectLike({
          Principal: { Service: 'codedeploy.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      ],
    }),
  });
});

test.each<[TrafficShift, boolean]>([
  ['linear-10-percent-every-10-minutes', true],
  ['canary-10-percent-30-minutes', false],
])('the synth warns of a shift that outlasts the session of a role: %s, %s', (traffic, warns) => {
  const stack = testStack();
  new InferenceFunction(stack, 'Predict', { models, release: { canary: { traffic } } });
  const found = Annotations.fromStack(stack).findWarning(
    '*',
    Match.stringLikeRegexp('takes 100 minutes.*ExpiredToken'),
  );
  expect(found).toHaveLength(warns ? 1 : 0);
});

test('may shift this alias, and no other function', () => {
  const [shift] = statementsOf(canary, 'CanaryRole');
  expect(shift?.Action).toEqual([
    'lambda:GetAlias',
    'lambda:UpdateAlias',
    'lambda:GetProvisionedConcurrencyConfig',
  ]);
  expect(JSON.stringify(shift?.Resource)).not.toContain('*');
  expect(JSON.stringify(shift?.Resource)).toContain(':live');
  canary.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
});

test('the canary has the new version checked by a hook before it gets traffic', () => {
  const [hook] = Object.keys(canary.findResources('AWS::Lambda::Function', { Properties: { Timeout: 900 } }));
  const [version] = Object.keys(canary.findResources('AWS::Lambda::Version'));
  canary.hasResource('AWS::Lambda::Alias', {
    UpdatePolicy: { CodeDeployLambdaAliasUpdate: { BeforeAllowTrafficHook: { Ref: hook } } },
  });
  canary.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        PILOTLIGHT_VERSION_ARN: { Ref: version },
        PILOTLIGHT_MODELS: 'sentiment@1.0.1,intent@1.0.1',
        PILOTLIGHT_TOLERATED_DRIFT: '1',
      },
    },
    LoggingConfig: { LogGroup: Match.anyValue() },
  });
});

test('the hook may invoke versions of this function and report to this deployment group, and nothing else', () => {
  const [logs, invoke, report, ...others] = statementsOf(canary, 'PreTrafficRole');
  expect(actionsOf([logs, invoke, report].flatMap((one) => one ?? []))).toEqual([
    'codedeploy:PutLifecycleEventHookExecutionStatus',
    'lambda:InvokeFunction',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ]);
  expect(others).toEqual([]);
  const [inference] = Object.keys(
    canary.findResources('AWS::Lambda::Function', { Properties: { Timeout: 29 } }),
  );
  expect(invoke?.Resource).toEqual({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [inference, 'Arn'] }, ':*']] });
  const [group] = Object.keys(canary.findResources('AWS::CodeDeploy::DeploymentGroup'));
  expect(JSON.stringify(report?.Resource)).toContain(JSON.stringify({ Ref: group }));
  expect(JSON.stringify(report?.Resource)).not.toContain('*');
});

test('CodeDeploy may invoke the hook, and that is in place before a deployment begins', () => {
  const [hook] = Object.keys(canary.findResources('AWS::Lambda::Function', { Properties: { Timeout: 900 } }));
  const invoke = statementsOf(canary, 'CanaryRole').find(({ Action }) => Action === 'lambda:InvokeFunction');
  expect(invoke?.Resource).toEqual({ 'Fn::GetAtt': [hook, 'Arn'] });
  const [alias] = Object.values(canary.findResources('AWS::Lambda::Alias'));
  expect(alias?.DependsOn).toContainEqual(expect.stringMatching(/^PredictCanaryRoleDefaultPolicy/));
});

test('the canary shifts otherwise, and tolerates more, where that is asked for', () => {
  const other = template({
    traffic: 'linear-10-percent-every-1-minute',
    toleratedErrors: 5,
    toleratedDrift: 2,
  });
  other.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
    DeploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
  });
  const thresholds = Object.values(other.findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties.Threshold,
  );
  expect(thresholds.sort()).toEqual([2, 5, 5]);
  other.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ PILOTLIGHT_TOLERATED_DRIFT: '2' }) },
  });
});

test('the canary refuses a shift that CodeDeploy does not have', () => {
  const misspelt: CanaryOptions = JSON.parse('{"traffic": "canary-10-percent-5-minute"}');
  const refused = refusalOf(
    () => new InferenceFunction(testStack(), 'Predict', { models, release: { canary: misspelt } }),
  );
  expect(refused.message).toBe(
    'Test/Predict: release.canary.traffic must be one of canary-10-percent-5-minutes, canary-10-percent-10-minutes, canary-10-percent-15-minutes, canary-10-percent-30-minutes, linear-10-percent-every-1-minute, linear-10-percent-every-2-minutes, linear-10-percent-every-3-minutes, linear-10-percent-every-10-minutes (did you mean canary-10-percent-5-minutes?).',
  );
});
