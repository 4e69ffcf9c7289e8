import { Match, type Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { type CanaryOptions, InferenceFunction } from '../../../infra/constructs/index.ts';
import { refusalOf, statementsOf, templateOf, testStack } from './template.ts';

const models = ['sentiment', 'intent'];

function template(canary: CanaryOptions = {}): Template {
  return templateOf((stack) => new InferenceFunction(stack, 'Predict', { models, canary }));
}

const canary = template();

test('gives a new version 10 % of the traffic for five minutes, by CodeDeploy', () => {
  canary.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
    DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
  });
  const [group] = Object.keys(canary.findResources('AWS::CodeDeploy::DeploymentGroup'));
  canary.hasResource('AWS::Lambda::Alias', {
    UpdatePolicy: { CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: group } } },
  });
});

test('rolls back when any of its alarms rings', () => {
  const [group] = Object.values(canary.findResources('AWS::CodeDeploy::DeploymentGroup'));
  const { AlarmConfiguration, AutoRollbackConfiguration } = Object(group).Properties;
  expect(AutoRollbackConfiguration).toMatchObject({ Enabled: true });
  expect(AutoRollbackConfiguration.Events).toContain('DEPLOYMENT_STOP_ON_ALARM');
  const alarms = Object.keys(canary.findResources('AWS::CloudWatch::Alarm'));
  const watched = AlarmConfiguration.Alarms.map((alarm: { Name: { Ref: string } }) => alarm.Name.Ref);
  expect(watched).toHaveLength(3);
  expect(watched.sort()).toEqual(alarms.sort());
});

test('an invocation of the alias that fails rings', () => {
  canary.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Dimensions: Match.arrayWith([Match.objectLike({ Name: 'Resource' })]),
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test.each([
  ['ServerErrors', 'SUM(METRICS())', 0],
  ['GoldenDrift', 'MAX(METRICS())', 1],
])('%s of any model ring', (MetricName, Expression, Threshold) => {
  const ofModel = (model: string) =>
    Match.objectLike({
      MetricStat: Match.objectLike({
        Metric: {
          Namespace: 'Pilotlight',
          MetricName,
          Dimensions: [
            { Name: 'model', Value: model },
            { Name: 'service', Value: 'pilotlight' },
          ],
        },
      }),
    });
  canary.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Metrics: [Match.objectLike({ Expression }), ...models.map(ofModel)],
    Threshold,
  });
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

test('shifts otherwise, and tolerates more, where that is asked for', () => {
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
});

test('refuses a shift that CodeDeploy does not have', () => {
  const misspelt: CanaryOptions = JSON.parse('{"traffic": "canary-10-percent-5-minute"}');
  const refused = refusalOf(
    () => new InferenceFunction(testStack(), 'Predict', { models, canary: misspelt }),
  );
  expect(refused.message).toBe(
    'canary.traffic is "canary-10-percent-5-minute"; did you mean canary-10-percent-5-minutes?',
  );
});
