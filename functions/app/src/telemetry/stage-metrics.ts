/**
 * The metrics of which each costs as much as the number of requests, and which tell where time and memory go rather than whether
 * the service is well: they are fields of the log unless somebody asks for metrics. Plain data that loads nothing.
 */
import type { MetricName } from './metric-names.ts';

export const STAGE_METRICS = [
  'Inputs',
  'PaddingTokens',
  'TokenizationTime',
  'QueueTime',
  'PostprocessTime',
  'AnswerCacheHits',
  'AnswerCacheMisses',
  'MemoryUsed',
  'PrefixCacheHits',
  'PrefixCacheTokens',
  'OpenTime',
  'VerifyTime',
  'TokenizerTime',
  'SessionTime',
  'WarmUpTime',
] as const satisfies readonly MetricName[];

/** How they are told: as fields of the lines in which the other metrics are, or as metrics. */
export const STAGE_SETTINGS = ['log', 'metrics'] as const;
export type StageSetting = (typeof STAGE_SETTINGS)[number];

/** When requests are told of: each by a line, all of a minute by a line, or only those that ended in an error of the server. */
export const REQUEST_SETTINGS = ['each', 'minute', 'errors'] as const;
export type RequestSetting = (typeof REQUEST_SETTINGS)[number];
