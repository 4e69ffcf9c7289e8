import { Duration, Names, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeDeadLetterQueue } from './acknowledgements.ts';
import { InfraError } from './errors.ts';

export interface WorkQueueProps {
  /** How long a message that a worker has taken is hidden from others. */
  readonly visibilityTimeout: Duration;
  /** Deliveries before a message goes to the dead-letter queue. @default 5 */
  readonly maxReceiveCount?: number;
  /** Encrypts the messages. @default - SSE-SQS, with keys that SQS owns */
  readonly encryptionKey?: IKey;
}

/** A queue of work and its dead-letter queue, which takes messages from this queue only. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const { visibilityTimeout, maxReceiveCount = 5, encryptionKey } = props;
    if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1000) {
      throw new InfraError('INVALID_PROPS', `maxReceiveCount is ${maxReceiveCount}; it must be 1 to 1,000.`);
    }
    const secured = {
      enforceSSL: true,
      ...(encryptionKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
    };
    // Each of the two queues names the other, which CloudFormation cannot resolve; so one name is made here.
    const queueName = Names.uniqueResourceName(this, { maxLength: 80, separator: '-' });
    const queueArn = Stack.of(this).formatArn({ service: 'sqs', resource: queueName });
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...secured,
      retentionPeriod: Duration.days(14),
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', queueArn)],
      },
    });
    acknowledgeDeadLetterQueue(this.deadLetterQueue);
    this.queue = new Queue(this, 'Queue', {
      ...secured,
      queueName,
      visibilityTimeout,
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
  }
}
