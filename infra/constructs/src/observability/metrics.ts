import { type METRICS, type MetricName, SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { WebInferenceFunction } from '../web/web-inference-function.ts';

type NamesWith<Dimension extends string> = {
  [Name in MetricName]: (typeof METRICS)[Name]['dimensions'] extends readonly [Dimension] ? Name : never;
}[MetricName];
/** Metrics of one model. */
export type ModelMetricName = NamesWith<'model'>;
/** Metrics of one Lambda function. */
export type FunctionMetricName = NamesWith<'function_name'>;
/** Metrics that have no dimension but the service. */
export type ServiceMetricName = Exclude<MetricName, ModelMetricName | FunctionMetricName>;

/** How a metric is read. */
export interface Reading {
  /** @default 'Sum' */
  readonly statistic?: string;
  readonly label?: string;
}

/** A metric that our functions emit for a model, named without its version. */
export function modelMetric(
  namespace: string,
  name: ModelMetricName,
  model: string,
  reading: Reading = {},
): Metric {
  return emitted(namespace, name, { model }, { label: model, ...reading });
}

/** A metric that our functions emit for a Lambda function. */
export function functionMetric(
  namespace: string,
  name: FunctionMetricName,
  functionName: string,
  reading: Reading,
): Metric {
  return emitted(namespace, name, { function_name: functionName }, reading);
}

/** A metric that our functions emit for all of them together. */
export function serviceMetric(namespace: string, name: ServiceMetricName, reading: Reading = {}): Metric {
  return emitted(namespace, name, {}, reading);
}

function emitted(
  namespace: string,
  metricName: MetricName,
  dimensions: Record<string, string>,
  { statistic = Stats.SUM, label }: Reading,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { service: SERVICE, ...dimensions },
    statistic,
    period: Duration.minutes(5),
    ...(label !== undefined && { label }),
  });
}

/** Metrics of all models of some functions; a model that several of them serve has one. */
export function modelMetrics(
  functions: readonly ServingFunction[],
  name: ModelMetricName,
  statistic: string,
): Metric[] {
  const metrics = functions.flatMap(({ modelNames, metricsNamespace: namespace }) =>
    modelNames.map(
      (model) => [`${namespace}/${model}`, modelMetric(namespace, name, model, { statistic })] as const,
    ),
  );
  return [...new Map(metrics).values()];
}

/** A function that serves models, of either kind. */
type ServingFunction = Pick<WebInferenceFunction, 'modelNames' | 'metricsNamespace'>;

/** Metrics that Lambda keeps of web functions. */
export type WebMetricName = 'HTTPResponseStatusClass5XX';

/**
 * Counts what Lambda says of a web function, over all its endpoints and regions. It is a query, because AWS's documentation was
 * read but no account: a query finds the metric whatever further dimensions it has.
 */
export function webMetric({ functionName }: WebInferenceFunction, name: WebMetricName): MathExpression {
  return new MathExpression({
    label: name,
    expression: `SELECT SUM(${name}) FROM "AWS/Lambda/Web" WHERE FunctionName = '${functionName}'`,
    usingMetrics: {},
    period: Duration.minutes(5),
  });
}
