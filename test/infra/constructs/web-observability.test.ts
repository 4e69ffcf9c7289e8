import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import {
  InferenceFunction,
  Observability,
  WebInferenceFunction,
} from '../../../infra/constructs/src/index.ts';
import { metricsOf } from './dashboard-metrics.ts';
import { templateOf } from './template.ts';

const metricsNamespace = 'Pilotlight/acme-prod';

const watched: Template = templateOf((stack) => {
  const web = new WebInferenceFunction(stack, 'Web', { models: ['sentiment', 'intent'], metricsNamespace });
  return new Observability(stack, 'Watch', { functions: [], webFunctions: [web] });
});

describe('a web function that is watched', () => {
  test('rings where Lambda counts answers of 5xx, by a query that does not depend on further dimensions', () => {
    watched.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: [
        Match.objectLike({
          Expression: {
            'Fn::Join': [
              '',
              [
                Match.stringLikeRegexp(
                  '^SELECT SUM\\(HTTPResponseStatusClass5XX\\) FROM "AWS/Lambda/Web" WHERE FunctionName = \'.+-$',
                ),
                { Ref: 'AWS::Region' },
                "'",
              ],
            ],
          },
          Period: 300,
        }),
      ],
      Threshold: 0,
      EvaluationPeriods: 2,
      TreatMissingData: 'notBreaching',
    });
  });

  test('rings where an environment did not start, which only the log of Lambda says', () => {
    const [local] = Object.keys(
      watched.findResources('AWS::Logs::LogGroup', { Properties: { LogGroupName: Match.anyValue() } }),
    ).filter((id) => id.startsWith('WebLogs'));
    watched.hasResourceProperties('AWS::Logs::MetricFilter', {
      FilterPattern: '{ $.type = "platform.initReport" && $.record.status = "failure" }',
      LogGroupName: { Ref: local },
      MetricTransformations: [
        { MetricName: 'WebInitFailures-Web', MetricNamespace: metricsNamespace, MetricValue: '1' },
      ],
    });
    watched.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'WebInitFailures-Web',
      Namespace: metricsNamespace,
      Threshold: 0,
    });
  });

  test('rings for each of its models as a function does', () => {
    const names = (id: string) =>
      Object.keys(watched.findResources('AWS::CloudWatch::Alarm')).filter((one) => one.includes(id));
    for (const model of ['sentiment', 'intent'])
      for (const what of ['ErrorRate', 'Latency', 'GoldenDrift', 'GoldenFailures'])
        expect(names(`${model}${what}`), `${model} ${what}`).toHaveLength(1);
  });

  const shown = (template: Template) =>
    metricsOf(template).filter(({ dimensions }) => dimensions.model === 'intent');
  const ALWAYS = ['Requests', 'ServerErrors', 'RequestTime', 'InferenceTime'];

  test('is on the dashboard with requests and latency of its models, in the namespace of the deployment', () => {
    expect(new Set(shown(watched).map(({ namespace }) => namespace))).toEqual(new Set([metricsNamespace]));
    expect(new Set(shown(watched).map(({ name }) => name))).toEqual(new Set(ALWAYS));
  });

  test('shows waits and memory from its log, unless they are metrics', () => {
    const measured = templateOf((stack) => {
      const web = { environment: { PILOTLIGHT_STAGE_METRICS: 'metrics' } };
      const one = new WebInferenceFunction(stack, 'Web', { models: ['intent'], web });
      return new Observability(stack, 'Watch', { functions: [], webFunctions: [one] });
    });
    const query = /stats avg\(TokenizationTime\) as tokenise, avg\(QueueTime\)/;
    const dashboardOf = (of: Template) => JSON.stringify(of.findResources('AWS::CloudWatch::Dashboard'));
    expect(dashboardOf(watched)).toMatch(query);
    expect(dashboardOf(measured)).not.toMatch(query);
    expect(new Set(shown(measured).map(({ name }) => name))).toEqual(
      new Set([...ALWAYS, 'QueueTime', 'MemoryUsed']),
    );
  });

  test('has no estimate of its cost, because no price is known', () => {
    expect(JSON.stringify(watched.findResources('AWS::CloudWatch::Dashboard'))).not.toContain(
      'Cost estimate',
    );
  });

  test('shares the alarms of a model that a function serves, too', () => {
    const both = templateOf((stack) => {
      const models = ['sentiment'];
      const one = new InferenceFunction(stack, 'Function', { models });
      const web = new WebInferenceFunction(stack, 'Web', { models });
      return new Observability(stack, 'Watch', { functions: [one], webFunctions: [web] });
    });
    const alarms = Object.keys(both.findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.filter((id) => id.includes('sentimentErrorRate'))).toHaveLength(1);
    expect(JSON.stringify(both.findResources('AWS::CloudWatch::Dashboard'))).toContain('Cost estimate');
  });
});
