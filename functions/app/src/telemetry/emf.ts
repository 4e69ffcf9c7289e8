/** Telemetry as CloudWatch metrics in the embedded metric format: a line of log, no call to an API. See ADR-emf.md. */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { Telemetry } from '../serve/ports.ts';
import type { RolloutRecord } from '../serve/rollout-port.ts';
import { METRICS, type MetricName, type VersionMetricName } from './metric-names.ts';
import { type RequestSetting, STAGE_METRICS, type StageSetting } from './stage-metrics.ts';
import { Tally, type Values } from './tally.ts';

/** Lambda's megabytes, of which memory sizes are made. */
const MEGABYTE = 2 ** 20;
const WINDOW_MS = 60_000;

export interface EmfSettings {
  readonly requests: RequestSetting;
  readonly stages: StageSetting;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

export interface EmfTelemetry extends Telemetry {
  /** Writes what is held back: call it when the process is told to end. */
  flush(): void;
}

/**
 * Adds values by their names, each in its unit; whoever owns `metrics` publishes them. Stages become fields of the line, where they
 * cost no metric, unless `stages` says otherwise.
 */
export function addMetrics(metrics: Metrics, values: Readonly<Values>, stages: StageSetting = 'log'): void {
  for (const [name, value] of entriesOf(values)) add(metrics, name, [value], stages);
}

/**
 * Publishes values of the version of the function that runs here, each in a line of its own and at once: the metrics of an
 * invocation have other dimensions, and may be held back. It does nothing outside of Lambda, where there is no version.
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

/**
 * Writes into `metrics` and publishes: by `requests` a line for each request, one a minute for all requests to a model with the
 * same outcome, or one for each request that ended in an error of the server. Such errors are always written at once.
 */
export function emfTelemetry(
  metrics: Metrics,
  { requests, stages, now = Date.now }: EmfSettings,
): EmfTelemetry {
  /** By model and code of error. */
  const tallies = new Map<string, Tally>();
  let written = Number.NEGATIVE_INFINITY;
  let told = 0;
  const flush = (time?: number) => {
    for (const [key, tally] of tallies) {
      const [model = '', code = ''] = key.split('\n');
      if (time !== undefined) metrics.setTimestamp(time);
      write(metrics, { model, code, tally, stages });
    }
    tallies.clear();
  };
  const tallyOf = (model: string, code: string): Tally => {
    const time = now();
    // What was held back when requests stopped coming belongs to the minute in which it was.
    if (time - told > WINDOW_MS) flush(told);
    told = time;
    const key = `${model}\n${code}`;
    const tally = tallies.get(key) ?? new Tally();
    tallies.set(key, tally);
    return tally;
  };
  return {
    flush: () => flush(),
    predicted({ model, version, variant, inputs, timings, tokens, cached, generation }) {
      if (requests === 'errors') return;
      const tally = tallyOf(model, '');
      tally.note('modelVersion', version);
      tally.note('modelVariant', variant);
      tally.count({
        ...(cached !== undefined && { AnswerCacheHits: Number(cached), AnswerCacheMisses: Number(!cached) }),
        Inputs: inputs,
        Tokens: tokens.total,
        PaddingTokens: tokens.padded,
      });
      tally.measure({
        TokenizationTime: timings.tokenizeMs,
        QueueTime: timings.queueMs,
        InferenceTime: timings.inferMs,
        PostprocessTime: timings.postprocessMs,
      });
      if (!generation) return;
      for (const reason of generation.finishReasons) tally.note('finishReason', reason);
      const { hits, tokens: prefixTokens } = generation.prefixes;
      tally.count({
        GeneratedTokens: generation.newTokens,
        ...(hits > 0 && { PrefixCacheHits: hits, PrefixCacheTokens: prefixTokens }),
      });
      for (const { firstTokenMs, tokenMs } of generation.pace) {
        tally.measure({ FirstTokenTime: firstTokenMs, TokenTime: tokenMs });
      }
    },
    handedOver({ model, outcome, circuit }) {
      if (requests === 'errors') return;
      const tally = tallyOf(model, '');
      tally.note('handedOver', outcome);
      tally.count({
        Forwarded: outcome === 'forwarded' ? 1 : 0,
        Queued: outcome === 'queued' ? 1 : 0,
        CircuitOpen: circuit === 'closed' ? 0 : 1,
      });
    },
    rolledOut(record) {
      const values = rolloutValues(record);
      if (Object.keys(values).length === 0) return;
      metrics.addDimension('model', record.model);
      if ('version' in record) metrics.addMetadata('modelVersion', record.version);
      addMetrics(metrics, values, stages);
      metrics.publishStoredMetrics();
    },
    answered({ route, model, version, status, code, ms }) {
      const failed = status >= 500;
      if (requests === 'errors' && !failed) return;
      const tally = tallyOf(model, code);
      tally.note('route', route);
      if (version !== '') tally.note('modelVersion', version);
      tally.count({
        Requests: 1,
        ServerErrors: failed ? 1 : 0,
        ...(status >= 400 && !failed && { ClientErrors: 1 }),
      });
      tally.measure({ RequestTime: ms, MemoryUsed: process.memoryUsage.rss() / MEGABYTE });
      if (requests === 'minute' && !failed && told - written < WINDOW_MS) return;
      written = told;
      flush();
      if (failed) publishOfVersion(metrics, { VersionErrors: 1 });
    },
  };
}

/** A record that was read, and versions that are served, are no news that a line is paid for. */
function rolloutValues(record: RolloutRecord): Values {
  if (record.kind === 'refused') return { RefusedVersions: 1 };
  if (record.kind === 'read' && record.ageMs > 0) return { RecordAge: record.ageMs };
  if (record.kind !== 'shadow') return {};
  const { outcome } = record;
  if (outcome === 'dropped' || outcome === 'failed') return { ShadowDropped: 1 };
  return { ShadowCompared: 1, ShadowDiffering: Number(outcome === 'differing') };
}

interface Line {
  readonly model: string;
  readonly code: string;
  readonly tally: Tally;
  readonly stages: StageSetting;
}

function write(metrics: Metrics, { model, code, tally, stages }: Line): void {
  if (model !== '') metrics.addDimension('model', model);
  if (code !== '') metrics.addMetadata('code', code);
  for (const [name, texts] of tally.notes) metrics.addMetadata(name, [...texts].join(' '));
  addMetrics(metrics, tally.counts, stages);
  for (const [name, { values }] of tally.samples) add(metrics, name, values, stages);
  metrics.publishStoredMetrics();
}

const isStage = (name: MetricName): boolean => STAGE_METRICS.some((stage) => stage === name);

/** A stage in a line has the mean of its values. */
function add(metrics: Metrics, name: MetricName, values: readonly number[], stages: StageSetting): void {
  if (stages === 'log' && isStage(name)) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    metrics.addMetadata(name, String(round(mean)));
    return;
  }
  for (const value of values) metrics.addMetric(name, METRICS[name].unit, round(value));
}

/** To a thousandth: of milliseconds, more digits are bytes that are paid for. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function entriesOf(values: Readonly<Values>): [MetricName, number][] {
  return Object.entries(values) as [MetricName, number][];
}
