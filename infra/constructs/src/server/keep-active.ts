import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Universal } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface KeepActiveProps {
  readonly queue: IQueue;
}

/**
 * Tags a queue every hour with the same tag, because that is the one harmless action that EventBridge Scheduler may call.
 * SQS reports no metrics of a queue that nobody has touched for six hours, and takes up to 15 minutes to begin again. The
 * first job after a night would wait for that:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 */
export class KeepActive extends Construct {
  constructor(scope: Construct, id: string, { queue }: KeepActiveProps) {
    super(scope, id);
    new Schedule(this, 'Schedule', {
      description: 'Keeps the metrics of a queue of Pilotlight coming, on which its server scales',
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      target: new Universal({
        service: 'sqs',
        action: 'tagQueue',
        input: ScheduleTargetInput.fromObject({ QueueUrl: queue.queueUrl, Tags: { [TAG]: 'true' } }),
        policyStatements: [new PolicyStatement({ actions: ['sqs:TagQueue'], resources: [queue.queueArn] })],
        retryAttempts: 0,
      }),
    });
  }
}

const TAG = 'pilotlight:kept-active';
