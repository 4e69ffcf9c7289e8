/** SQS on this machine: the part of its JSON protocol that senders, receivers and redrives speak. */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { EmulatorError } from '../errors.ts';
import { type CallerRules, refuseForeignCaller } from '../foreign-caller.ts';
import { end, listen } from '../listen.ts';
import { readBytes } from '../read-bytes.ts';
import { type QueueOptions, Queues } from './queues.ts';

/** The account and region that names of queues are made with. */
const ACCOUNT = '000000000000';
const ARN = `arn:aws:sqs:us-east-1:${ACCOUNT}:`;

/** A message of 1 MiB, with every character escaped. */
const MAX_REQUEST_BYTES = 6 * 2 ** 20;

/** Numbers have the limits of SQS; a timer takes none that is much larger. */
const requestSchema = z.object({
  QueueUrl: z.string().optional(),
  QueueName: z.string().optional(),
  SourceArn: z.string().optional(),
  DestinationArn: z.string().optional(),
  MessageBody: z.string().optional(),
  ReceiptHandle: z.string().optional(),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  MaxNumberOfMessages: z.int().min(1).max(10).optional(),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
});
type SqsRequest = z.infer<typeof requestSchema>;
type Operation = (request: SqsRequest) => object | Promise<object>;

export interface SqsServer {
  readonly endpoint: string;
  readonly queues: Queues;
  url(queue: string): string;
  arn(queue: string): string;
  close(): Promise<void>;
}

export interface SqsOptions extends Pick<CallerRules, 'allowedHosts'> {
  /** On 127.0.0.1. @default - a free one */
  readonly port?: number;
}

export async function startSqs(
  queues: Readonly<Record<string, QueueOptions>>,
  { port = 0, ...callers }: SqsOptions = {},
): Promise<SqsServer> {
  const all = new Queues(queues);
  const operations = operationsOn(all, (name) => url(name));
  const server = createServer((request, response) => void serve(request, response, operations, callers));
  const endpoint = `http://127.0.0.1:${await listen(server, { port })}`;
  const url = (name: string) => `${endpoint}/${ACCOUNT}/${name}`;
  return {
    endpoint,
    queues: all,
    url,
    arn: (name) => ARN + name,
    close: () => end(server),
  };
}

function operationsOn(queues: Queues, url: (name: string) => string): ReadonlyMap<string, Operation> {
  const named = ({ QueueUrl = '' }: SqsRequest) => QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
  const ofArn = (arn: string) => arn.slice(arn.lastIndexOf(':') + 1);
  const moves: object[] = [];
  const operations: Readonly<Record<string, Operation>> = {
    GetQueueUrl: ({ QueueName = '' }) => ({ QueueUrl: url(queues.queue(QueueName).name) }),
    GetQueueAttributes: (request) => {
      const queue = queues.queue(named(request));
      const { visible, hidden } = queue.counts();
      const { deadLetters } = queue.options;
      return {
        Attributes: {
          ...(deadLetters && {
            RedrivePolicy: JSON.stringify({
              deadLetterTargetArn: ARN + deadLetters.queue,
              maxReceiveCount: deadLetters.maxReceives,
            }),
          }),
          QueueArn: ARN + named(request),
          ApproximateNumberOfMessages: String(visible),
          ApproximateNumberOfMessagesNotVisible: String(hidden),
        },
      };
    },
    SendMessage: (request) => {
      const body = request.MessageBody ?? '';
      const MessageId = queues.queue(named(request)).send(body);
      return { MessageId, MD5OfMessageBody: md5(body) };
    },
    ReceiveMessage: async (request) => {
      const { MaxNumberOfMessages: count = 1, WaitTimeSeconds = 0, VisibilityTimeout } = request;
      const messages = await queues.receive(named(request), {
        count,
        waitMs: WaitTimeSeconds * 1000,
        ...(VisibilityTimeout === undefined ? {} : { visibilitySeconds: VisibilityTimeout }),
      });
      return {
        Messages: messages.map(({ messageId, receiptHandle, body, receives }) => ({
          MessageId: messageId,
          ReceiptHandle: receiptHandle,
          Body: body,
          MD5OfBody: md5(body),
          Attributes: { ApproximateReceiveCount: String(receives) },
        })),
      };
    },
    DeleteMessage: (request) => {
      queues.queue(named(request)).delete(request.ReceiptHandle ?? '');
      return {};
    },
    ChangeMessageVisibility: (request) => {
      queues
        .queue(named(request))
        .changeVisibility(request.ReceiptHandle ?? '', request.VisibilityTimeout ?? 0);
      return {};
    },
    StartMessageMoveTask: (request) => {
      const { SourceArn = '', DestinationArn } = request;
      const destination = DestinationArn === undefined ? undefined : ofArn(DestinationArn);
      const { moved, left } = queues.redrive(ofArn(SourceArn), destination);
      const TaskHandle = randomUUID();
      moves.unshift({
        TaskHandle,
        SourceArn,
        ...(left === 0
          ? { Status: 'COMPLETED' }
          : { Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' }),
        ApproximateNumberOfMessagesMoved: moved,
        ApproximateNumberOfMessagesToMove: moved + left,
      });
      return { TaskHandle };
    },
    ListDeadLetterSourceQueues: (request) => ({ queueUrls: queues.sourcesOf(named(request)).map(url) }),
    ListMessageMoveTasks: () => ({ Results: moves.slice(0, 1) }),
  };
  return new Map(Object.entries(operations));
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  operations: ReadonlyMap<string, Operation>,
  callers: CallerRules,
): Promise<void> {
  const foreign = refuseForeignCaller(request.headers, callers);
  if (foreign !== undefined) {
    answer(response, 403, { __type: 'com.amazonaws.sqs#AccessDenied', message: foreign });
    request.resume();
    return;
  }
  const [, name = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  try {
    const operation = operations.get(name);
    if (!operation) throw new EmulatorError('USAGE', `This SQS has no operation ${JSON.stringify(name)}.`);
    answer(response, 200, await operation(await readRequest(request)));
  } catch (error) {
    const isUnknown = error instanceof EmulatorError && error.code === 'NO_SUCH_QUEUE';
    const type = isUnknown
      ? 'com.amazonaws.sqs#QueueDoesNotExist'
      : 'com.amazonaws.sqs#InvalidParameterValue';
    answer(response, 400, { __type: type, message: error instanceof Error ? error.message : String(error) });
  }
}

async function readRequest(request: IncomingMessage): Promise<SqsRequest> {
  const body = await readBytes(request, MAX_REQUEST_BYTES);
  if (body) return requestSchema.parse(JSON.parse(body.toString()));
  throw new EmulatorError('USAGE', `A request has ${MAX_REQUEST_BYTES} bytes at most.`);
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify(body));
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
