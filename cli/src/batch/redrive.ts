import { setTimeout as pause } from 'node:timers/promises';
import {
  ListMessageMoveTasksCommand,
  SQSClient,
  SQSServiceException,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { CliError, usageError } from '../kit/errors.ts';

const POLL_MS = 1000;
const UNFINISHED = ['RUNNING', 'CANCELLING'];

/**
 * Moves every message of a dead-letter queue back to the queue that it came from, and waits until they are moved.
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
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: queueArn }));
    const moved = await finished(client, queueArn);
    console.log(`${moved} ${moved === 1 ? 'message was' : 'messages were'} moved back.`);
  } catch (cause) {
    if (!(cause instanceof SQSServiceException)) throw cause;
    throw new CliError('REDRIVE_FAILED', `SQS refused: ${cause.message}`, { cause });
  } finally {
    client.destroy();
  }
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
