import { type IWidget, type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { InferenceFunction } from '../../function/inference-function.ts';
import { functionMetric, type ModelMetricName, modelMetrics } from '../metrics.ts';
import { graph, heading, logTable, stagesOfRequests } from './widgets.ts';

const LOAD_PHASES = ['OpenTime', 'VerifyTime', 'TokenizerTime', 'SessionTime'] as const;

/** Shows requests, latency, cold starts, memory and self-checks of inference functions and their models. */
export function inferenceWidgets(functions: readonly InferenceFunction[]): IWidget[][] {
  const models = (name: ModelMetricName, statistic: string) => modelMetrics(functions, name, statistic);
  // Fields of the log cost nothing until somebody looks at them; see stage-metrics.ts.
  const stages = functions.every(({ stageMetrics }) => stageMetrics === 'metrics');
  return [
    [heading('# Models')],
    [
      graph('Requests', 'a period', models('Requests', Stats.SUM)),
      graph('Client errors', 'a period', models('ClientErrors', Stats.SUM)),
      graph('Server errors', 'a period', models('ServerErrors', Stats.SUM)),
    ],
    ([50, 90, 99] as const).map((p) => graph(`Latency, p${p}`, 'ms', models('RequestTime', Stats.p(p)))),
    [
      ...(stages
        ? [graph('Tokenisation, p50', 'ms', models('TokenizationTime', Stats.p(50)))]
        : [stagesOfRequests(functions)]),
      graph('Inference, p50', 'ms', models('InferenceTime', Stats.p(50))),
      errorsByCode(functions),
    ],
    [heading('# Cold starts')],
    [
      graph('Cold starts', 'a period', functions.map(coldStarts)),
      graph(
        'Init phase, average',
        'ms',
        functions.map((one) =>
          functionMetric(one.metricsNamespace, 'InitTime', one.function.functionName, {
            statistic: Stats.AVERAGE,
            label: formatLabel(one),
          }),
        ),
      ),
      graph('Loading a model, average', 'ms', models('LoadTime', Stats.AVERAGE)),
    ],
    ...(stages ? [LOAD_PHASES.map((phase) => graph(PHASES[phase], 'ms', models(phase, Stats.AVERAGE)))] : []),
    [
      ...(stages ? [memoryGraph(functions, models('MemoryUsed', Stats.MAXIMUM))] : [loadPhases(functions)]),
      graph(
        'Golden drift: above 1, answers have changed',
        'share of tolerance',
        models('GoldenDrift', Stats.MAXIMUM),
        { leftAnnotations: [{ value: 1, label: 'Tolerance' }] },
      ),
      ...trafficDrift(functions),
    ],
    [
      graph(
        'Environments at once',
        '',
        functions.map((one) =>
          one.function.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, label: formatLabel(one) }),
        ),
      ),
      graph(
        'Throttled invocations',
        'a period',
        functions.map((one) => one.function.metricThrottles({ label: formatLabel(one) })),
      ),
      ...warmUps(functions),
    ],
  ];
}

/** Of functions that watch it. */
function trafficDrift(functions: readonly InferenceFunction[]): IWidget[] {
  const watching = functions.filter(({ watchesDrift }) => watchesDrift);
  if (watching.length === 0) return [];
  return [
    graph(
      'Traffic drift: above 1, texts or answers are not like the reference',
      'share of what may be chance',
      modelMetrics(watching, 'TrafficDrift', Stats.MAXIMUM),
      { leftAnnotations: [{ value: 1, label: 'Drift' }] },
    ),
  ];
}

const PHASES = {
  OpenTime: 'Load: open the package, average',
  VerifyTime: 'Load: verify checksums, average',
  TokenizerTime: 'Load: open the tokenizer, average',
  SessionTime: 'Load: create the session, average',
} as const satisfies Record<(typeof LOAD_PHASES)[number], string>;

function coldStarts(one: InferenceFunction): Metric {
  return functionMetric(one.metricsNamespace, 'ColdStart', one.function.functionName, {
    label: formatLabel(one),
  });
}

function warmUps(functions: readonly InferenceFunction[]): IWidget[] {
  const warmed = functions.filter(({ warmUp }) => warmUp);
  if (warmed.length === 0) return [];
  const metrics = warmed.map((one) =>
    functionMetric(one.metricsNamespace, 'WarmEnvironments', one.function.functionName, {
      statistic: Stats.MINIMUM,
      label: formatLabel(one),
    }),
  );
  return [graph('Warm environments', '', metrics)];
}

function memoryGraph(functions: readonly InferenceFunction[], used: readonly Metric[]): IWidget {
  return graph('Memory, maximum', 'MB', used, {
    leftAnnotations: functions.map((one) => ({
      value: one.memoryMegabytes,
      label: `Limit of ${formatLabel(one)}`,
    })),
  });
}

/** Counts error codes from the log lines of requests. They are no dimension, because each value would cost as a metric. */
function errorsByCode(functions: readonly InferenceFunction[]): IWidget {
  return logTable('Errors by code', functions, [
    'filter ispresent(code) and (ClientErrors > 0 or ServerErrors > 0)',
    'stats sum(Requests) as requests by code, model',
    'sort requests desc',
  ]);
}

function loadPhases(functions: readonly InferenceFunction[]): IWidget {
  return logTable('Phases of loading a model: average ms', functions, [
    'filter ispresent(OpenTime)',
    'stats count(*) as loads, avg(OpenTime) as open, avg(VerifyTime) as verify, avg(TokenizerTime) as tokenizer, avg(SessionTime) as session by model',
  ]);
}

function formatLabel(one: InferenceFunction): string {
  return one.modelNames.join(', ');
}
