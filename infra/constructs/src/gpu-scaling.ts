import { Duration } from 'aws-cdk-lib';
import { AdjustmentType, MetricAggregationType } from 'aws-cdk-lib/aws-applicationautoscaling';
import { MathExpression, type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { InfraError } from './errors.ts';

export interface GpuScalingOptions {
  /** Tasks that always run, whatever they cost. @default 0 */
  readonly minTasks?: number;
  /** Tasks at most. @default 2 */
  readonly maxTasks?: number;
  /** Jobs, waiting and in work, that one task is started for. @default 100 */
  readonly jobsPerTask?: number;
  /** Age of the oldest waiting job from which one task more is started. @default Duration.minutes(5) */
  readonly maxJobAge?: Duration;
  /** Requests a minute that one task is started for, once there is one to take requests. @default 600 */
  readonly requestsPerTask?: number;
  /** How long there has to be neither job nor request before the last tasks go. @default Duration.minutes(10) */
  readonly idleAfter?: Duration;
}

export interface ScaleOnWorkProps extends GpuScalingOptions {
  readonly service: FargateService;
  readonly queue: IQueue;
  readonly requests: Metric;
}

/** Tasks for the jobs that wait and the requests that come; none, or `minTasks`, when there is neither. */
export function scaleOnWork(props: ScaleOnWorkProps): void {
  const { service, minTasks = 0, maxTasks = 2, idleAfter = Duration.minutes(10) } = props;
  check(minTasks, maxTasks, idleAfter);
  const tasks = service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks });
  const metric = tasksWanted(props);
  const cooldown = Duration.minutes(1);
  const { MAXIMUM: metricAggregationType } = MetricAggregationType;
  // One policy for all reasons: several would each undo what another has just done.
  tasks.scaleOnMetric('Work', {
    metric,
    metricAggregationType,
    adjustmentType: AdjustmentType.EXACT_CAPACITY,
    scalingSteps: steps(maxTasks),
    cooldown,
  });
  tasks.scaleOnMetric('Idle', {
    metric,
    metricAggregationType,
    adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
    scalingSteps: [
      { upper: 0, change: -maxTasks },
      { lower: 1, change: 0 },
    ],
    evaluationPeriods: idleAfter.toMinutes(),
    cooldown,
  });
}

/**
 * As many as the jobs (waiting and in work) or the requests ask for, whichever is more, and one more while the oldest
 * job waits too long. A queue and a load balancer without traffic have no data, which counts as 0.
 */
export function tasksWanted(props: Omit<ScaleOnWorkProps, 'service'>): MathExpression {
  const {
    queue,
    requests,
    jobsPerTask = 100,
    requestsPerTask = 600,
    maxJobAge = Duration.minutes(5),
  } = props;
  const period = Duration.minutes(1);
  const jobs = 'FILL(waiting, 0) + FILL(working, 0)';
  return new MathExpression({
    label: 'Tasks wanted',
    expression: `MAX([CEIL((${jobs}) / ${jobsPerTask}), CEIL(FILL(requests, 0) / ${requestsPerTask})]) + IF(FILL(age, 0) > ${maxJobAge.toSeconds()}, 1, 0)`,
    period,
    usingMetrics: {
      waiting: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
      working: queue.metricApproximateNumberOfMessagesNotVisible({ period, statistic: Stats.MAXIMUM }),
      age: queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM }),
      requests: requests.with({ period, statistic: Stats.SUM }),
    },
  });
}

/** 1 task from 1, 2 from 2 and so on; CDK asks for two steps at least, and Application Auto Scaling takes 40 at most. */
function steps(maxTasks: number): { lower: number; change: number }[] {
  const count = Math.min(Math.max(maxTasks, 2), 40);
  return Array.from({ length: count }, (_, index) => {
    const lower = Math.ceil(((index + 1) * Math.max(maxTasks, 2)) / count);
    return { lower, change: Math.min(lower, maxTasks) };
  });
}

function check(minTasks: number, maxTasks: number, idleAfter: Duration): void {
  if (maxTasks < 1 || minTasks > maxTasks) {
    throw new InfraError(
      'INVALID_PROPS',
      `minTasks is ${minTasks} and maxTasks ${maxTasks}; give 0 to N, 1 to N.`,
    );
  }
  const minutes = idleAfter.toMinutes({ integral: false });
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440) {
    throw new InfraError('INVALID_PROPS', `idleAfter is ${minutes} minutes; give whole minutes, 1 to 1,440.`);
  }
}
