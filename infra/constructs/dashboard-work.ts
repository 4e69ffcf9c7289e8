import { type IWidget, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { graph, heading } from './dashboard-widgets.ts';
import type { GpuBackend } from './gpu-backend.ts';
import { modelMetric, serviceMetric } from './metric-of.ts';
import type { UploadPipeline } from './upload-pipeline.ts';

/** Files, rows and their errors, and the queue in front of the batch function. */
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

/** Requests to the GPU container, its tasks, and the queue of jobs. */
export function gpuWidgets({ metrics, jobQueue, deadLetterQueue }: GpuBackend): IWidget[][] {
  const { responseTime } = metrics;
  return [
    [heading('# GPU container')],
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
