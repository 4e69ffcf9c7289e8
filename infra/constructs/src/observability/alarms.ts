import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { InferenceApi } from '../api/inference-api.ts';
import type { DistributedBatch } from '../batch/backfill/distributed-batch.ts';
import type { UploadPipeline } from '../batch/upload-pipeline.ts';
import type { InferenceFunction } from '../function/inference-function.ts';
import type { IInferenceServer } from '../server/server.ts';
import type { WebInferenceFunction } from '../web/web-inference-function.ts';
import { modelMetric, webMetric } from './metrics.ts';
import type { thresholdsSchema } from './schema.ts';

type Thresholds = z.output<typeof thresholdsSchema>;

export interface AlarmsProps {
  readonly functions: readonly InferenceFunction[];
  readonly webFunctions?: readonly WebInferenceFunction[];
  readonly api?: InferenceApi | undefined;
  readonly upload?: UploadPipeline | undefined;
  readonly backfill?: DistributedBatch | undefined;
  readonly server?: IInferenceServer | undefined;
  readonly thresholds: Thresholds;
  readonly action: IAlarmAction;
}

interface Rule {
  readonly metric: IMetric;
  readonly above: number;
  readonly description: string;
  /** Periods of five minutes in a row. @default 1 */
  readonly periods?: number;
}

/** Alarms that tell a topic when they begin and when they are over. Missing data is no alarm, because nothing runs then. */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  private readonly action: IAlarmAction;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.action = props.action;
    const { thresholds } = props;
    for (const [index, one] of props.functions.entries())
      this.watchFunction(`Function${index}`, one, thresholds);
    for (const [index, one] of (props.webFunctions ?? []).entries())
      this.watchWebFunction(`WebFunction${index}`, one, thresholds);
    if (props.api) this.watchApi(props.api, thresholds);
    if (props.backfill) this.watchBackfill(props.backfill);
    if (props.upload) this.watchUpload(props.upload, thresholds);
    if (props.server) this.watchServer(props.server, thresholds);
  }

  private watchFunction(id: string, one: InferenceFunction, thresholds: Thresholds): void {
    const name = one.modelRefs.join(', ');
    this.watchLambda(id, one.function, name);
    this.watchModels(one, thresholds);
    if (!one.warmUp) return;
    this.add(`${id}WarmUp`, {
      metric: one.warmUp.warmer.function.metricErrors({ period: PERIOD }),
      above: 0,
      periods: 2,
      description: `Warm-ups of ${name} fail: requests meet cold starts. The log of the warmer says why.`,
    });
    this.notEmpty(`${id}WarmUpDeadLetters`, one.warmUp.deadLetterQueue, `Warm-ups of ${name} failed`);
  }

  /** Watches what Lambda says of a web function, beside what its models say: an environment that does not start says nothing. */
  private watchWebFunction(id: string, one: WebInferenceFunction, thresholds: Thresholds): void {
    const name = one.modelRefs.join(', ');
    this.add(`${id}ServerErrors`, {
      metric: webMetric(one, 'HTTPResponseStatusClass5XX'),
      above: 0,
      periods: 2,
      description: `The web function of ${name} answers 5xx: its log says why, or an environment did not answer at all.`,
    });
    this.add(`${id}InitFailures`, {
      metric: one.initFailures.metric({ period: PERIOD, statistic: Stats.SUM }),
      above: 0,
      description: `An environment of the web function of ${name} did not start: it did not listen within 10 seconds, or ended.`,
    });
    this.watchModels(one, thresholds);
  }

  private watchModels(
    { modelNames, metricsNamespace, watchesDrift }: ServingFunction,
    thresholds: Thresholds,
  ): void {
    for (const model of modelNames) {
      this.watchModel(model, metricsNamespace, thresholds);
      if (watchesDrift) this.watchTraffic(model, metricsNamespace, thresholds);
    }
  }

  /** Packages without a reference of their texts have no such metric, and no data is no alarm. */
  private watchTraffic(model: string, namespace: string, { trafficDrift }: Thresholds): void {
    this.add(`${model}-TrafficDrift`, {
      metric: modelMetric(namespace, 'TrafficDrift', model, { statistic: Stats.MAXIMUM }),
      above: trafficDrift,
      description: `Texts or answers of ${model} are not like those of its reference. The line of the log that has TrafficDrift says in what; docs/how-to/watch-for-drift.md says what to do.`,
    });
  }

  private watchModel(model: string, namespace: string, thresholds: Thresholds): void {
    const { errorRate, latencyP99Seconds, goldenDrift } = thresholds;
    this.add(`${model}-ErrorRate`, {
      metric: new MathExpression({
        label: model,
        expression: 'errors / requests',
        usingMetrics: {
          errors: modelMetric(namespace, 'ServerErrors', model),
          requests: modelMetric(namespace, 'Requests', model),
        },
        period: PERIOD,
      }),
      above: errorRate,
      description: `More than ${errorRate * 100} % of the requests to ${model} end in a server error.`,
    });
    this.add(`${model}-Latency`, {
      metric: modelMetric(namespace, 'RequestTime', model, { statistic: Stats.p(99) }),
      above: latencyP99Seconds * 1000,
      periods: 3,
      description: `One request in a hundred to ${model} takes longer than ${latencyP99Seconds} s.`,
    });
    this.add(`${model}-GoldenDrift`, {
      metric: modelMetric(namespace, 'GoldenDrift', model, { statistic: Stats.MAXIMUM }),
      above: goldenDrift,
      description: `Answers of ${model} deviate from those that were recorded when it was packaged.`,
    });
    this.add(`${model}-GoldenFailures`, {
      metric: modelMetric(namespace, 'GoldenFailures', model),
      above: 0,
      description: `The self-check of ${model} failed.`,
    });
  }

  /** Watches what callers get, whatever it is that keeps them from a function: an authoriser, a permission, a timeout. */
  private watchApi({ httpApi, authorizerFunction }: InferenceApi, { errorRate }: Thresholds): void {
    const sum = { statistic: Stats.SUM, period: PERIOD };
    this.add('ApiErrorRate', {
      metric: new MathExpression({
        label: 'API',
        expression: 'errors / requests',
        usingMetrics: { errors: httpApi.metricServerError(sum), requests: httpApi.metricCount(sum) },
        period: PERIOD,
      }),
      above: errorRate,
      description: `More than ${errorRate * 100} % of the requests to the API end in 5xx. Its access log says why.`,
    });
    if (authorizerFunction) this.watchLambda('Authorizer', authorizerFunction, 'the authoriser of the API');
  }

  private watchBackfill({ stateMachine }: DistributedBatch): void {
    const sum = { statistic: Stats.SUM, period: PERIOD };
    this.add('BackfillFailures', {
      metric: new MathExpression({
        label: 'Backfills',
        expression: 'SUM(METRICS())',
        usingMetrics: {
          failed: stateMachine.metricFailed(sum),
          timedOut: stateMachine.metricTimedOut(sum),
        },
        period: PERIOD,
      }),
      above: 0,
      description: 'A backfill failed: its execution in Step Functions says which rows are left.',
    });
  }

  private watchUpload(upload: UploadPipeline, thresholds: Thresholds): void {
    this.watchLambda('Upload', upload.function, 'the batch function');
    this.watchQueue('Upload', upload.queue, upload.deadLetterQueue, thresholds);
  }

  /** Watches the server. It is no alarm that no task runs, but it is one that a job waits too long for a task. */
  private watchServer(
    { metrics, jobQueue, deadLetterQueue }: IInferenceServer,
    thresholds: Thresholds,
  ): void {
    const { errorRate } = thresholds;
    const sum = { statistic: Stats.SUM, period: PERIOD };
    this.watchQueue('Server', jobQueue, deadLetterQueue, thresholds);
    this.add('ServerErrorRate', {
      metric: new MathExpression({
        label: 'Server',
        expression: 'errors / requests',
        usingMetrics: { errors: metrics.serverErrors.with(sum), requests: metrics.requests.with(sum) },
        period: PERIOD,
      }),
      above: errorRate,
      description: `More than ${errorRate * 100} % of the requests to the server end in an error of its own.`,
    });
  }

  private watchLambda(id: string, lambda: WatchedFunction, name: string): void {
    this.add(`${id}Errors`, {
      metric: lambda.metricErrors({ period: PERIOD, statistic: Stats.SUM }),
      above: 0,
      description: `Invocations of ${name} fail or are stopped: out of memory, out of time, or an init that fails.`,
    });
    this.add(`${id}Throttles`, {
      metric: lambda.metricThrottles({ period: PERIOD, statistic: Stats.SUM }),
      above: 0,
      description: `Lambda refuses invocations of ${name}: its concurrency, or that of the account, is used up.`,
    });
  }

  private watchQueue(id: string, queue: IQueue, deadLetters: IQueue, { queueAgeMinutes }: Thresholds): void {
    this.add(`${id}QueueAge`, {
      metric: queue.metricApproximateAgeOfOldestMessage({ period: PERIOD, statistic: Stats.MAXIMUM }),
      above: queueAgeMinutes * 60,
      description: `${id}: the oldest message waits longer than ${queueAgeMinutes} minutes.`,
    });
    this.notEmpty(`${id}DeadLetters`, deadLetters, `${id}: messages failed, for good or on every delivery`);
  }

  private notEmpty(id: string, queue: IQueue, what: string): void {
    this.add(id, {
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: Stats.MAXIMUM }),
      above: 0,
      description: `${what}, and lie in the dead-letter queue.`,
    });
  }

  /** Adds an alarm once: a model that two functions serve has one alarm, because both emit the same metric. */
  private add(id: string, { metric, above, description, periods = 1 }: Rule): void {
    if (this.node.tryFindChild(id)) return;
    const alarm = new Alarm(this, id, {
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: description,
    });
    alarm.addAlarmAction(this.action);
    alarm.addOkAction(this.action);
    this.all.push(alarm);
  }
}

type ServingFunction = Pick<WebInferenceFunction, 'modelNames' | 'metricsNamespace' | 'watchesDrift'>;
type WatchedFunction = Pick<InferenceFunction['function'], 'metricErrors' | 'metricThrottles'>;

const PERIOD = Duration.minutes(5);
