import { Duration } from 'aws-cdk-lib';
import { AdjustmentType, MetricAggregationType } from 'aws-cdk-lib/aws-applicationautoscaling';
import { MathExpression, type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Scaling } from './schema.ts';

export interface ScaleOnWorkProps extends Scaling {
  readonly service: FargateService;
  readonly queue: IQueue;
  readonly requests: Metric;
}

/** Starts tasks for waiting jobs and incoming requests, and leaves `minTasks` when there is neither. */
export function scaleOnWork(props: ScaleOnWorkProps): void {
  const { service, minTasks, maxTasks, idleAfterMinutes } = props;
  const tasks = service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks });
  const metric = tasksWanted(props);
  const cooldown = Duration.minutes(1);
  const { MAXIMUM: metricAggregationType } = MetricAggregationType;
  // One policy serves all reasons, because several would undo each other's changes.
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
    evaluationPeriods: idleAfterMinutes,
    cooldown,
  });
}

/**
 * Wants as many tasks as the jobs (waiting and in work) or the requests ask for, whichever is more, `minTasks` at least, and one
 * more while the oldest job waits too long. A queue and a load balancer without traffic have no data, which counts as 0.
 */
export function tasksWanted(props: Omit<ScaleOnWorkProps, 'service'>): MathExpression {
  const { queue, requests, jobsPerTask, requestsPerTask, maxJobAgeMinutes, minTasks } = props;
  const period = Duration.minutes(1);
  const jobs = 'FILL(waiting, 0) + FILL(working, 0)';
  return new MathExpression({
    label: 'Tasks wanted',
    expression: `MAX([CEIL((${jobs}) / ${jobsPerTask}), CEIL(FILL(requests, 0) / ${requestsPerTask})${minTasks > 0 ? `, ${minTasks}` : ''}]) + IF(FILL(age, 0) > ${maxJobAgeMinutes * 60}, 1, 0)`,
    period,
    usingMetrics: {
      waiting: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
      working: queue.metricApproximateNumberOfMessagesNotVisible({ period, statistic: Stats.MAXIMUM }),
      age: queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM }),
      requests: requests.with({ period, statistic: Stats.SUM }),
    },
  });
}

/** Makes steps: 1 task from 1, 2 from 2 and so on; CDK asks for two steps at least, and Application Auto Scaling takes 40 at most. */
function steps(maxTasks: number): { lower: number; change: number }[] {
  const count = Math.min(Math.max(maxTasks, 2), 40);
  return Array.from({ length: count }, (_, index) => {
    const lower = Math.ceil(((index + 1) * Math.max(maxTasks, 2)) / count);
    return { lower, change: Math.min(lower, maxTasks) };
  });
}
