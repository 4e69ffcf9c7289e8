import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { type Alarm, Dashboard, PeriodOverride, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { InferenceApi } from '../api/inference-api.ts';
import type { DistributedBatch } from '../batch/backfill/distributed-batch.ts';
import type { UploadPipeline } from '../batch/upload-pipeline.ts';
import { InfraError } from '../common/errors.ts';
import { checkSettings } from '../common/problems.ts';
import type { InferenceFunction } from '../function/inference-function.ts';
import type { IInferenceServer } from '../server/server.ts';
import type { WebInferenceFunction } from '../web/web-inference-function.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { type Prices, US_EAST_1_PRICES } from './cost/cost.ts';
import { costWidgets } from './dashboard/cost.ts';
import { inferenceWidgets } from './dashboard/inference.ts';
import { webWidgets } from './dashboard/web.ts';
import { alarmWidgets, graph, heading } from './dashboard/widgets.ts';
import { serverWidgets, uploadWidgets } from './dashboard/work.ts';
import { type AlarmThresholds, watchSchema } from './schema.ts';

export interface ObservabilityProps {
  readonly functions: readonly InferenceFunction[];
  /** @default - none */
  readonly webFunctions?: readonly WebInferenceFunction[];
  /** @default - none */
  readonly api?: InferenceApi;
  /** @default - none */
  readonly upload?: UploadPipeline;
  /** @default - none */
  readonly backfill?: DistributedBatch;
  /** @default - none */
  readonly server?: IInferenceServer;
  /** Name of the dashboard, unique in the account. @default - one that CloudFormation makes */
  readonly dashboardName?: string;
  /** Where alarms go; its policy must let CloudWatch publish. @default - an encrypted topic of its own */
  readonly alarmTopic?: ITopic;
  /** Subscribes an address to the topic of its own. @default - nobody is told */
  readonly alarmEmail?: string;
  /** The values from which on there is an alarm. @default - see AlarmThresholds */
  readonly thresholds?: AlarmThresholds;
  /** The prices of the cost estimate. @default US_EAST_1_PRICES */
  readonly prices?: Prices;
  /** Encrypts the topic of its own, if the policy of the key belongs to this app. @default - a key of its own */
  readonly encryptionKey?: IKey;
  /** What becomes of a key of its own with the stack. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** A dashboard of what the functions and AWS measure, and alarms. */
export class Observability extends Construct {
  readonly dashboard: Dashboard;
  readonly alarmTopic: ITopic;
  readonly alarms: readonly Alarm[];

  /** @throws InfraError INVALID_PROPS, also for an address together with a topic that is given */
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const {
      functions,
      webFunctions = [],
      api,
      upload,
      backfill,
      server,
      encryptionKey,
      removalPolicy,
    } = props;
    const { alarmEmail: email, thresholds } = checkSettings(scope, id, watchSchema, {
      ...(props.alarmEmail !== undefined && { alarmEmail: props.alarmEmail }),
      thresholds: props.thresholds,
    });
    if (props.alarmTopic && email !== undefined) {
      throw new InfraError(
        'INVALID_PROPS',
        'alarmEmail is given together with alarmTopic: subscribe the address to that topic where it is made.',
      );
    }
    this.alarmTopic =
      props.alarmTopic ??
      new AlarmTopic(this, 'AlarmTopic', {
        ...(email !== undefined && { email }),
        ...(encryptionKey && { encryptionKey }),
        ...(removalPolicy && { removalPolicy }),
      }).topic;
    this.alarms = new Alarms(this, 'Alarms', {
      functions,
      webFunctions,
      api,
      upload,
      backfill,
      server,
      thresholds,
      action: new SnsAction(this.alarmTopic),
    }).all;
    this.dashboard = new Dashboard(this, 'Dashboard', {
      ...(props.dashboardName !== undefined && { dashboardName: props.dashboardName }),
      defaultInterval: Duration.hours(12),
      periodOverride: PeriodOverride.AUTO,
      widgets: [
        ...alarmWidgets(this.alarms),
        ...(api ? apiWidgets(api) : []),
        ...(functions.length > 0 ? inferenceWidgets(functions) : []),
        ...(webFunctions.length > 0 ? webWidgets(webFunctions) : []),
        ...(upload ? uploadWidgets(upload) : []),
        ...(server ? serverWidgets(server, functions) : []),
        ...costWidgets({ functions, upload, api }, props.prices ?? US_EAST_1_PRICES),
      ],
    });
  }
}

function apiWidgets({ httpApi }: InferenceApi): Parameters<Dashboard['addWidgets']>[] {
  return [
    [heading('# HTTP API')],
    [
      graph('Requests', 'a period', [httpApi.metricCount({ statistic: Stats.SUM })]),
      graph('Errors', 'a period', [
        httpApi.metricClientError({ statistic: Stats.SUM, label: '4xx' }),
        httpApi.metricServerError({ statistic: Stats.SUM, label: '5xx' }),
      ]),
      graph(
        'Latency',
        'ms',
        [50, 90, 99].map((p) => httpApi.metricLatency({ statistic: Stats.p(p), label: `p${p}` })),
      ),
    ],
  ];
}
