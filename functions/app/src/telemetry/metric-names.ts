/**
 * Every CloudWatch metric that the functions emit: its unit, and the dimensions that it has beside `service`, which is
 * always `SERVICE`. Plain data that loads nothing, so that dashboards and alarms name what is really there.
 */

/** Where a metric goes of which nobody said otherwise; a deployment has a namespace of its own. */
export const METRICS_NAMESPACE = 'Pilotlight';
export const SERVICE = 'pilotlight';

export interface MetricDefinition {
  readonly unit: 'Count' | 'Milliseconds' | 'Megabytes' | 'None';
  /**
   * `model` is a name without a version; a request that named no model has only `service`. `function_name` is the
   * name of a Lambda function, without its alias, and `version` the number of its version.
   */
  readonly dimensions: readonly ('model' | 'function_name' | 'version')[];
}

const ofModel = (unit: MetricDefinition['unit']) => ({ unit, dimensions: ['model'] }) as const;
const ofService = (unit: MetricDefinition['unit']) => ({ unit, dimensions: [] }) as const;
const ofFunction = (unit: MetricDefinition['unit']) => ({ unit, dimensions: ['function_name'] }) as const;
const ofVersion = (unit: MetricDefinition['unit']) =>
  ({ unit, dimensions: ['function_name', 'version'] }) as const;

export const METRICS = {
  Requests: ofModel('Count'),
  ClientErrors: ofModel('Count'),
  ServerErrors: ofModel('Count'),
  RequestTime: ofModel('Milliseconds'),
  Inputs: ofModel('Count'),
  Tokens: ofModel('Count'),
  PaddingTokens: ofModel('Count'),
  TokenizationTime: ofModel('Milliseconds'),
  QueueTime: ofModel('Milliseconds'),
  InferenceTime: ofModel('Milliseconds'),
  PostprocessTime: ofModel('Milliseconds'),
  GeneratedTokens: ofModel('Count'),
  FirstTokenTime: ofModel('Milliseconds'),
  TokenTime: ofModel('Milliseconds'),
  AnswerCacheHits: ofModel('Count'),
  AnswerCacheMisses: ofModel('Count'),
  PrefixCacheHits: ofModel('Count'),
  PrefixCacheTokens: ofModel('Count'),
  MemoryUsed: ofModel('Megabytes'),
  Forwarded: ofModel('Count'),
  Queued: ofModel('Count'),
  CircuitOpen: ofModel('None'),
  RefusedVersions: ofModel('Count'),
  RecordAge: ofModel('Milliseconds'),
  ShadowCompared: ofModel('Count'),
  ShadowDiffering: ofModel('Count'),
  ShadowDropped: ofModel('Count'),
  ColdStart: ofFunction('Count'),
  InitTime: ofFunction('Milliseconds'),
  OpenTime: ofModel('Milliseconds'),
  VerifyTime: ofModel('Milliseconds'),
  TokenizerTime: ofModel('Milliseconds'),
  SessionTime: ofModel('Milliseconds'),
  LoadTime: ofModel('Milliseconds'),
  GoldenDrift: ofModel('None'),
  GoldenFailures: ofModel('Count'),
  TrafficDrift: ofModel('None'),
  VersionErrors: ofVersion('Count'),
  VersionDrift: ofVersion('None'),
  WarmEnvironments: ofFunction('Count'),
  WarmUpColdStarts: ofFunction('Count'),
  WarmUpTime: ofFunction('Milliseconds'),
  BatchFiles: ofModel('Count'),
  BatchRows: ofModel('Count'),
  BatchRowErrors: ofModel('Count'),
  BatchTime: ofModel('Milliseconds'),
  BatchFailures: ofService('Count'),
} satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
/** What a canary watches: it names the version, so that errors of the old one neither stop nor hide those of the new one. */
export type VersionMetricName = 'VersionErrors' | 'VersionDrift';
