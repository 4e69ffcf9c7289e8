/** The metrics of our own that a function keeps alive, of which CloudWatch bills each. */
import { METRICS, type MetricName } from '@pilotlight/app/internal/telemetry/metric-names';
import { STAGE_METRICS, type StageSetting } from '@pilotlight/app/internal/telemetry/stage-metrics';

/** The metrics that have values whenever a model is asked; the others are there for some hours only, such as those of errors. */
const OF_REQUESTS: readonly MetricName[] = [
  ...(['Requests', 'ServerErrors', 'RequestTime', 'Inputs', 'Tokens', 'PaddingTokens'] as const),
  ...(['TokenizationTime', 'QueueTime', 'InferenceTime', 'PostprocessTime', 'MemoryUsed'] as const),
];
/** Those of an environment's start: a function that is used has one now and then. */
const OF_STARTS: readonly MetricName[] = [
  ...([
    'ColdStart',
    'InitTime',
    'OpenTime',
    'VerifyTime',
    'TokenizerTime',
    'SessionTime',
    'LoadTime',
  ] as const),
];
/** Those of warm-ups, which come round the clock. */
const OF_WARM_UPS: readonly MetricName[] = ['GoldenDrift', 'VersionDrift', 'WarmEnvironments', 'WarmUpTime'];

/** Those of traffic, where it is compared with the reference of a package. */
const OF_DRIFT: readonly MetricName[] = ['TrafficDrift'];

export interface MetricUse {
  readonly models: number;
  readonly stages: StageSetting;
  /** Whether it is asked by callers. @default true */
  readonly requests?: boolean;
  readonly warmUps: boolean;
  /** Whether it watches drift, of which each model with a reference has a metric. @default false */
  readonly drift?: boolean;
}

/** Counts the metrics of a function in an hour in which everything happens that usually does. */
export function countMetrics({ models, stages, requests = true, warmUps, drift = false }: MetricUse): number {
  const names = [
    ...(requests ? [...OF_REQUESTS, ...OF_STARTS] : []),
    ...(warmUps ? OF_WARM_UPS : []),
    ...(drift ? OF_DRIFT : []),
  ];
  const emitted = names.filter(
    (name) => stages === 'metrics' || !STAGE_METRICS.some((stage) => stage === name),
  );
  return emitted.reduce((sum, name) => sum + (isOfModel(name) ? models : 1), 0);
}

function isOfModel(name: MetricName): boolean {
  return METRICS[name].dimensions.some((dimension) => dimension === 'model');
}
