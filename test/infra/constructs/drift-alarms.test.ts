import { describe, expect, test } from 'vitest';
import {
  InferenceFunction,
  Observability,
  type ObservabilityProps,
  WebInferenceFunction,
} from '../../../infra/constructs/src/index.ts';
import { templateOf } from './template.ts';

const metricsNamespace = 'Pilotlight/acme-prod';

function alarmsOf(drift: 'on' | 'off', thresholds: ObservabilityProps['thresholds'] = {}) {
  const environment = drift === 'off' ? { PILOTLIGHT_DRIFT: 'off' } : {};
  const template = templateOf((stack) => {
    const one = new InferenceFunction(stack, 'Function', {
      models: ['sentiment', 'intent'],
      metricsNamespace,
      lambda: { environment },
    });
    const web = new WebInferenceFunction(stack, 'Web', {
      models: ['slots'],
      metricsNamespace,
      web: { environment },
    });
    return new Observability(stack, 'Watch', { functions: [one], webFunctions: [web], thresholds });
  });
  return Object.entries(template.findResources('AWS::CloudWatch::Alarm'))
    .filter(([id]) => id.includes('TrafficDrift'))
    .map(([, { Properties }]) => Properties);
}

describe('alarms of drift', () => {
  test('ring for each model of functions and web functions, above the largest drift that may be chance', () => {
    const alarms = alarmsOf('on');
    const metrics = alarms.map(({ Metrics }) => Metrics[0].MetricStat);
    const models = metrics.map(({ Metric: { Dimensions } }) => Dimensions[0].Value);
    expect(models.sort()).toEqual(['intent', 'sentiment', 'slots']);
    for (const metric of metrics) {
      expect(metric).toMatchObject({
        Metric: { MetricName: 'TrafficDrift', Namespace: metricsNamespace },
        ...{ Stat: 'Maximum', Period: 300 },
      });
    }
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        ...{ Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 },
        TreatMissingData: 'notBreaching',
      });
      expect(alarm.AlarmDescription).toContain('docs/how-to/watch-for-drift.md');
    }
  });

  test('ring above the threshold of the deployment', () => {
    expect(alarmsOf('on', { trafficDrift: 2.5 }).map(({ Threshold }) => Threshold)).toEqual([2.5, 2.5, 2.5]);
  });

  test('are none where functions do not watch', () => {
    expect(alarmsOf('off')).toEqual([]);
  });
});
