/** A process that does what Lambda does for a queue: receives messages, calls the handler, deletes what did not fail. */
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { handler } from '../../functions/batch/handler.ts';

const QueueUrl = process.env.PILOTLIGHT_BATCH_QUEUE_URL ?? '';
/** The time that is left of an invocation, at any moment. */
const REMAINING_MS = 600_000;

const client = new SQSClient({ endpoint: process.env.AWS_ENDPOINT_URL_SQS ?? '' });
process.stdout.write('ready\n');
for (;;) {
  const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  for (const { MessageId: messageId = '', Body: body = '', ReceiptHandle } of Messages) {
    const context = { getRemainingTimeInMillis: () => REMAINING_MS };
    const { batchItemFailures } = await handler({ Records: [{ messageId, body }] }, context);
    if (batchItemFailures.length > 0) continue;
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}
