import { type IWidget, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { UploadPipeline } from '../../batch/upload-pipeline.ts';
import type { InferenceFunction } from '../../function/inference-function.ts';
import type { IInferenceServer } from '../../server/server.ts';
import { modelMetric, serviceMetric } from '../metrics.ts';
import { graph, heading } from './widgets.ts';

/** Shows files, rows and their errors, and the queue in front of the batch function. */
export function uploadWidgets(upload: UploadPipeline): IWidget[][] {
  const { metricsNamespace: namespace, modelNames } = upload;
  const models = (name: 'BatchFiles' | 'BatchRowErrors') =>
    modelNames.map((model) => modelMetric(namespace, name, model));
  const rowsPerSecond = modelNames.map(
    (model, index) =>
      new MathExpression({
        label: model,
        expression: `rows${index} / PERIOD(rows${index})`,
        usingMetrics: { [`rows${index}`]: modelMetric(namespace, 'BatchRows', model) },
      }),
  );
  const failures = serviceMetric(namespace, 'BatchFailures', { label: 'Messages that come again' });
  return [
    [heading('# Files')],
    [
      graph('Rows', 'a second', rowsPerSecond),
      graph('Rows with an error', 'a period', models('BatchRowErrors')),
      graph('Files done', 'a period', models('BatchFiles'), { right: [failures] }),
    ],
    queueWidgets('files', upload.queue, upload.deadLetterQueue),
  ];
}

/** Shows requests to the server, its tasks, the requests that functions hand over, and the queue of jobs. */
export function serverWidgets(
  { metrics, jobQueue, deadLetterQueue }: IInferenceServer,
  functions: readonly InferenceFunction[],
): IWidget[][] {
  const { responseTime } = metrics;
  const callers = functions.filter(({ serverModels }) => serverModels.length > 0);
  return [
    [heading('# Server')],
    ...(callers.length > 0 ? [handOverWidgets(callers)] : []),
    [
      graph('Healthy tasks', '', [metrics.healthyTasks]),
      graph('Requests and server errors', 'a period', [metrics.requests, metrics.serverErrors]),
      graph(
        'Time to answer',
        's',
        [50, 90, 99].map((p) => responseTime.with({ statistic: Stats.p(p), label: `p${p}` })),
      ),
    ],
    queueWidgets('jobs', jobQueue, deadLetterQueue),
  ];
}

/** Shows the requests that functions sent to the server, those that became jobs, and whether functions still ask the server. */
function handOverWidgets(callers: readonly InferenceFunction[]): IWidget[] {
  const models = (name: 'Forwarded' | 'Queued' | 'CircuitOpen', statistic: string) => [
    ...new Map(
      callers.flatMap(({ serverModels, metricsNamespace }) =>
        serverModels.map((model) => [
          `${metricsNamespace}/${model}`,
          modelMetric(metricsNamespace, name, model, { statistic }),
        ]),
      ),
    ).values(),
  ];
  return [
    graph('Requests sent to the server', 'a period', models('Forwarded', Stats.SUM)),
    graph('Requests that became jobs', 'a period', models('Queued', Stats.SUM)),
    graph('No server answers (1)', '', models('CircuitOpen', Stats.MAXIMUM)),
  ];
}

function queueWidgets(what: string, queue: IQueue, deadLetters: IQueue): IWidget[] {
  const maximum = { statistic: Stats.MAXIMUM };
  return [
    graph(`Queue of ${what}`, 'messages', [
      queue.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'waiting' }),
      queue.metricApproximateNumberOfMessagesNotVisible({ ...maximum, label: 'in work' }),
    ]),
    graph(`Age of the oldest of the ${what}`, 's', [queue.metricApproximateAgeOfOldestMessage(maximum)]),
    graph(`Dead letters of ${what}`, 'messages', [
      deadLetters.metricApproximateNumberOfMessagesVisible(maximum),
    ]),
  ];
}
