import { setTimeout as pause } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  SQSClient,
  SQSServiceException,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { CliError, usageError } from '../kit/errors.ts';

const POLL_MS = 1000;
const UNFINISHED = ['RUNNING', 'CANCELLING'];

/**
 * Moves every message of a dead-letter queue back to the queue that it came from, and waits until they are moved. The queue is
 * named to SQS, because SQS does not know it of messages that were sent to the dead-letter queue itself: files that failed for
 * good, and events that EventBridge could not deliver.
 *
 * @throws CliError USAGE, REDRIVE_FAILED
 */
export async function redrive(queueArn: string | undefined, endpoint: string | undefined): Promise<void> {
  const region = /^arn:aws[\w-]*:sqs:([\w-]+):\d+:[\w.-]+$/.exec(queueArn ?? '')?.[1];
  if (queueArn === undefined || region === undefined) {
    throw usageError(
      'Name the dead-letter queue with --queue and its ARN, arn:aws:sqs:<region>:<account>:<name>.',
    );
  }
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SQSClient({ region, ...(endpoint === undefined ? {} : { endpoint, credentials }) });
  try {
    const DestinationArn = await findSource(client, queueArn);
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: queueArn, DestinationArn }));
    const moved = await finished(client, queueArn);
    console.log(`${moved} ${moved === 1 ? 'message was' : 'messages were'} moved back.`);
  } catch (cause) {
    if (!(cause instanceof SQSServiceException)) throw cause;
    throw new CliError('REDRIVE_FAILED', `SQS refused: ${cause.message}`, { cause });
  } finally {
    client.destroy();
  }
}

/** @throws CliError REDRIVE_FAILED */
async function findSource(client: SQSClient, deadLetterArn: string): Promise<string> {
  const [account, QueueName] = deadLetterArn.split(':').slice(-2);
  const { QueueUrl } = await client.send(
    new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId: account }),
  );
  const { queueUrls = [] } = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl }));
  const [source, ...others] = queueUrls;
  if (source === undefined || others.length > 0) {
    const names = queueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).join(', ');
    const reason =
      source === undefined
        ? 'no queue names it as its dead-letter queue'
        : `it takes the dead letters of several queues (${names})`;
    throw new CliError(
      'REDRIVE_FAILED',
      `The messages of ${QueueName} have no queue to go back to: ${reason}.`,
    );
  }
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: source, AttributeNames: ['QueueArn'] }),
  );
  return Attributes.QueueArn ?? '';
}

async function finished(client: SQSClient, SourceArn: string): Promise<number> {
  for (;;) {
    const { Results = [] } = await client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }));
    const [task] = Results;
    if (task?.Status === 'FAILED') {
      throw new CliError('REDRIVE_FAILED', `SQS gave up: ${task.FailureReason ?? 'it does not say why'}.`);
    }
    if (!UNFINISHED.includes(task?.Status ?? '')) return task?.ApproximateNumberOfMessagesMoved ?? 0;
    await pause(POLL_MS);
  }
}
