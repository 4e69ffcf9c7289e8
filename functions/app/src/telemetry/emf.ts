/** Telemetry as CloudWatch metrics in the embedded metric format: a line of log, no call to an API. */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { Telemetry } from '../serve/ports.ts';
import { METRICS, type MetricName, type VersionMetricName } from './metric-names.ts';

/** Lambda's megabytes, of which memory sizes are made. */
const MEGABYTE = 2 ** 20;

/** Adds values by their names, each in its unit; whoever owns `metrics` publishes them. */
export function addMetrics(metrics: Metrics, values: Readonly<Partial<Record<MetricName, number>>>): void {
  for (const [name, { unit }] of Object.entries(METRICS)) {
    const value = values[name as MetricName];
    if (value !== undefined) metrics.addMetric(name, unit, value);
  }
}

/**
 * Publishes values of the version of the function that runs here, each in a line of its own and at once: the metrics of an
 * invocation have other dimensions, and may be sampled. It does nothing outside of Lambda, where there is no version.
 */
export function publishOfVersion(
  metrics: Metrics,
  values: Readonly<Partial<Record<VersionMetricName, number>>>,
): void {
  const { AWS_LAMBDA_FUNCTION_NAME: functionName, AWS_LAMBDA_FUNCTION_VERSION: version } = process.env;
  if (functionName === undefined || version === undefined) return;
  for (const [name, value] of Object.entries(values)) {
    const single = metrics.singleMetric();
    single.addDimension('function_name', functionName).addDimension('version', version);
    addMetrics(single, { [name]: value });
  }
}

/** Writes into `metrics`, which its owner publishes at the end of the invocation. */
export function emfTelemetry(metrics: Metrics): Telemetry {
  return {
    answered({ route, model, status, code, ms }) {
      if (model !== '') metrics.addDimension('model', model);
      metrics.addMetadata('route', route);
      if (code !== '') metrics.addMetadata('code', code);
      addMetrics(metrics, {
        Requests: 1,
        ClientErrors: status >= 400 && status < 500 ? 1 : 0,
        ServerErrors: status >= 500 ? 1 : 0,
        RequestTime: ms,
        MemoryUsed: process.memoryUsage.rss() / MEGABYTE,
      });
      if (status >= 500) publishOfVersion(metrics, { VersionErrors: 1 });
    },
    predicted({ version, inputs, timings, tokens, cached }) {
      metrics.addMetadata('modelVersion', version);
      addMetrics(metrics, {
        ...(cached !== undefined && { AnswerCacheHits: Number(cached), AnswerCacheMisses: Number(!cached) }),
        Inputs: inputs,
        Tokens: tokens.total,
        PaddingTokens: tokens.padded,
        TokenizationTime: timings.tokenizeMs,
        QueueTime: timings.queueMs,
        InferenceTime: timings.inferMs,
        PostprocessTime: timings.postprocessMs,
      });
    },
    handedOver({ outcome, circuit }) {
      metrics.addMetadata('handedOver', outcome);
      addMetrics(metrics, {
        Forwarded: outcome === 'forwarded' ? 1 : 0,
        Queued: outcome === 'queued' ? 1 : 0,
        CircuitOpen: circuit === 'closed' ? 0 : 1,
      });
    },
  };
}
