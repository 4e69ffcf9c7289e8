import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IAlias } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeDataKeys, acknowledgeDeadLetterQueue } from '../../common/acknowledgements.ts';
import { BundledFunction } from '../../common/bundled-function.ts';
import type { LoggingProps } from '../../common/execution-role.ts';
import { DEFAULT_TIME_ZONE, listDays, parseTimeOfDay, type ZonedHours } from '../../common/hours.ts';
import { chooseMetricsNamespace } from '../../common/metrics-namespace.ts';
import { checkSettings } from '../../common/problems.ts';
import { type WarmUp, warmUpSchema } from './schema.ts';

export interface WarmUpScheduleProps extends Omit<WarmUp, 'kind'> {
  /** The alias of an inference function; the warmer may invoke nothing else. */
  readonly alias: IAlias;
  /** Whether X-Ray traces warm-ups. @default false */
  readonly tracing?: boolean;
  /** Namespace of the warmer's metrics. @default 'Pilotlight/<name of the stack>' */
  readonly metricsNamespace?: string;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** The warmer may need three tries, which it holds open for one, two and four seconds, each after a cold start. */
const TIMEOUT = Duration.minutes(2);

/**
 * Keeps environments of an alias warm: EventBridge Scheduler invokes a warmer, which holds as many invocations of the
 * alias open at once as there shall be environments. Each warm-up costs about a second of every environment.
 *
 * Nothing is tried again, since the next warm-up comes soon; what failed is in the dead-letter queue.
 */
export class WarmUpSchedule extends Construct {
  readonly warmer: BundledFunction;
  readonly schedule: Schedule;
  /** Holds warm-ups that failed, or could not be delivered, for 14 days. */
  readonly deadLetterQueue: Queue;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: WarmUpScheduleProps) {
    super(scope, id);
    const { alias, metricsNamespace, logging, tracing = false, ...data } = props;
    const { everyMinutes, concurrency, hours } = checkSettings(scope, id, warmUpSchema, data);
    const every = Duration.minutes(everyMinutes);
    const encryptionKey = logging?.encryptionKey;
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(encryptionKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
    });
    acknowledgeDeadLetterQueue(this.deadLetterQueue);
    this.warmer = new BundledFunction(this, 'Warmer', {
      name: 'warmer',
      description: 'Pilotlight: keeps environments of an inference function warm',
      memoryMegabytes: 512,
      timeout: TIMEOUT,
      environment: { PILOTLIGHT_METRICS_NAMESPACE: chooseMetricsNamespace(scope, id, metricsNamespace) },
      tracing,
      ...(logging && { logging }),
      failures: this.deadLetterQueue,
      maxEventAge: every,
    });
    alias.grantInvoke(this.warmer.role);
    if (encryptionKey) acknowledgeDataKeys(this);
    this.schedule = new Schedule(this, 'Schedule', {
      description: `Pilotlight: keeps ${concurrency} environments of an inference function warm`,
      schedule: hours ? duringHours(hours, every) : ScheduleExpression.rate(every),
      target: new LambdaInvoke(this.warmer.function, {
        input: ScheduleTargetInput.fromObject({ functionName: alias.functionArn, concurrency }),
        retryAttempts: 0,
        maxEventAge: every,
        deadLetterQueue: this.deadLetterQueue,
        role: this.#role(encryptionKey),
      }),
      ...(encryptionKey && { key: encryptionKey }),
    });
  }

  /** Makes the role here, because the role of the CDK's construct may also invoke every version of the warmer. */
  #role(encryptionKey: IKey | undefined): IRole {
    const role = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: 'default',
            }),
          },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [this.warmer.function.functionArn],
      }),
    );
    this.deadLetterQueue.grantSendMessages(role);
    encryptionKey?.grantDecrypt(role);
    return role.withoutPolicyUpdates();
  }
}

/** Formats the hours as a cron expression, whose last warm-up is before `to`. */
function duringHours(hours: ZonedHours, every: Duration): ScheduleExpression {
  const hour = (time: string) => (parseTimeOfDay(time) ?? 0) / 60;
  return ScheduleExpression.cron({
    minute: `0/${every.toMinutes()}`,
    hour: `${hour(hours.from)}-${hour(hours.to) - 1}`,
    weekDay: listDays(hours).join(','),
    timeZone: TimeZone.of(hours.timeZone ?? DEFAULT_TIME_ZONE),
  });
}
