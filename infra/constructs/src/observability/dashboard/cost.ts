import { type IWidget, type MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { InferenceApi } from '../../api/inference-api.ts';
import type { UploadPipeline } from '../../batch/upload-pipeline.ts';
import { readCapacity } from '../../function/cold-start/schema.ts';
import type { InferenceFunction } from '../../function/inference-function.ts';
import type { Prices } from '../cost/cost.ts';
import { countMetrics } from '../cost/custom-metrics.ts';
import { apiCost, type CostedFunction, functionCost, monthlyCost } from '../cost/metric-math.ts';
import { functionMetric } from '../metrics.ts';
import { graph, heading } from './widgets.ts';

export interface CostedService {
  readonly functions: readonly InferenceFunction[];
  readonly upload?: UploadPipeline | undefined;
  readonly api?: InferenceApi | undefined;
}

/** Shows US dollars an hour, and what a month of such hours would cost. */
export function costWidgets({ functions, upload, api }: CostedService, prices: Prices): IWidget[][] {
  const parts = [
    ...functions.map((one, index) => functionCost(`f${index}`, costed(one), prices)),
    ...(upload ? [functionCost('upload', costedUpload(upload), prices)] : []),
    ...(api ? [costOfApi(api, prices)] : []),
  ];
  // Web functions have no price that is known here.
  if (parts.length === 0) return [];
  return [
    [
      heading(
        `# Cost estimate\nPrices of ${prices.region}, from ${prices.source}. Without storage, data transfer, free tier, web functions and GPU instances.`,
      ),
    ],
    [
      graph('Cost', 'USD an hour', parts, { stacked: true }),
      graph('Cost of a month', 'USD', [monthlyCost(parts)]),
    ],
  ];
}

function costOfApi({ httpApi, accessLogGroup }: InferenceApi, prices: Prices): MathExpression {
  return apiCost(httpApi.metricCount({ statistic: Stats.SUM }), logBytes(accessLogGroup), prices);
}

function costed(one: InferenceFunction): CostedFunction {
  const { function: lambda, coldStart } = one;
  return {
    label: one.modelNames.join(', '),
    architecture: nameArchitecture(lambda.architecture),
    memoryMegabytes: one.memoryMegabytes,
    provisioned: coldStart.kind === 'provisioned' ? readCapacity(coldStart).min : 0,
    duration: lambda.metricDuration({ statistic: Stats.SUM }),
    init: functionMetric(one.metricsNamespace, 'InitTime', lambda.functionName, {}),
    invocations: lambda.metricInvocations({ statistic: Stats.SUM }),
    logBytes: logBytes(one.logGroup),
    metrics: countMetrics({
      models: one.modelNames.length,
      stages: one.stageMetrics,
      warmUps: one.warmUp !== undefined,
      drift: one.watchesDrift,
    }),
  };
}

/** The metrics of files: see `metric-names.ts`. */
const METRICS_OF_FILES = 4;

function costedUpload(upload: UploadPipeline): CostedFunction {
  const { function: lambda, memoryMegabytes, logGroup, modelNames } = upload;
  return {
    label: 'Files',
    architecture: nameArchitecture(lambda.architecture),
    memoryMegabytes,
    duration: lambda.metricDuration({ statistic: Stats.SUM }),
    invocations: lambda.metricInvocations({ statistic: Stats.SUM }),
    logBytes: logBytes(logGroup),
    metrics: METRICS_OF_FILES * modelNames.length,
  };
}

/** What CloudWatch Logs takes in, as it counts itself. */
function logBytes({ logGroupName }: LogGroup): Metric {
  return new Metric({
    namespace: 'AWS/Logs',
    metricName: 'IncomingBytes',
    dimensionsMap: { LogGroupName: logGroupName },
    statistic: Stats.SUM,
  });
}

function nameArchitecture(architecture: Architecture): 'arm64' | 'x64' {
  return architecture === Architecture.ARM_64 ? 'arm64' : 'x64';
}
