/** Telemetry as CloudWatch metrics in the embedded metric format: a line of log, no call to an API. */
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Telemetry } from './api/ports.ts';

/** Writes into `metrics`, which its owner publishes at the end of the invocation. */
export function emfTelemetry(metrics: Metrics): Telemetry {
  const milliseconds = (name: string, value: number) =>
    metrics.addMetric(name, MetricUnit.Milliseconds, value);
  const count = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Count, value);
  return {
    answered({ route, model, status, code, ms }) {
      if (model !== '') metrics.addDimension('model', model);
      metrics.addMetadata('route', route);
      if (code !== '') metrics.addMetadata('code', code);
      count('Requests', 1);
      count('ClientErrors', status >= 400 && status < 500 ? 1 : 0);
      count('ServerErrors', status >= 500 ? 1 : 0);
      milliseconds('RequestTime', ms);
    },
    predicted({ inputs, timings, tokens }) {
      count('Inputs', inputs);
      count('Tokens', tokens.total);
      count('PaddingTokens', tokens.padded);
      milliseconds('TokenizationTime', timings.tokenizeMs);
      milliseconds('QueueTime', timings.queueMs);
      milliseconds('InferenceTime', timings.inferMs);
      milliseconds('PostprocessTime', timings.postprocessMs);
    },
  };
}
