import { type IWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { WebInferenceFunction } from '../../web/web-inference-function.ts';
import { type ModelMetricName, modelMetrics, webMetric } from '../metrics.ts';
import { graph, heading, stagesOfRequests } from './widgets.ts';

/** Shows requests to web functions, how long they wait for a batch and for the model, and what Lambda itself says. */
export function webWidgets(functions: readonly WebInferenceFunction[]): IWidget[][] {
  const models = (name: ModelMetricName, statistic: string) => modelMetrics(functions, name, statistic);
  const stages = functions.every(({ stageMetrics }) => stageMetrics === 'metrics');
  return [
    [heading('# Web functions')],
    [
      graph('Requests', 'a period', models('Requests', Stats.SUM)),
      graph('Server errors', 'a period', models('ServerErrors', Stats.SUM), {
        right: functions.map((one) => webMetric(one, 'HTTPResponseStatusClass5XX')),
      }),
      graph(
        'Environments that did not start',
        'a period',
        functions.map(({ initFailures, modelNames }) =>
          initFailures.metric({ statistic: Stats.SUM, label: modelNames.join(', ') }),
        ),
      ),
    ],
    ([50, 90, 99] as const).map((p) => graph(`Latency, p${p}`, 'ms', models('RequestTime', Stats.p(p)))),
    [
      graph('Inference, p50', 'ms', models('InferenceTime', Stats.p(50))),
      ...(stages
        ? [
            graph('Wait for a batch, p50', 'ms', models('QueueTime', Stats.p(50))),
            graph('Memory, maximum', 'MB', models('MemoryUsed', Stats.MAXIMUM), {
              leftAnnotations: [{ value: ENVIRONMENT_MEGABYTES, label: 'Memory of an environment' }],
            }),
          ]
        : [stagesOfRequests(functions)]),
    ],
  ];
}

/** Each environment of a web function has 2 vCPUs and 2 GB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ENVIRONMENT_MEGABYTES = 2048;
