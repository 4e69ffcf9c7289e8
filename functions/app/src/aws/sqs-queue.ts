import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';

const ATTEMPTS = 8;
/** How long a connection may take, and how long it may be silent: longer than anybody waits for a message. */
const CONNECT_MS = 5000;
const SILENCE_MS = 30_000;

/** The number of messages that SQS gives at once, and the seconds for which it lets a receiver wait. */
const MOST_MESSAGES = 10;
const LONGEST_WAIT_SECONDS = 20;
/** From the moment of its receipt nobody can hide a message for longer. */
const LONGEST_HIDING_SECONDS = 43_200;

/** SQS writes the number as a number or as text. */
const redrivePolicySchema = z.object({ maxReceiveCount: z.union([z.number(), z.string()]) });

/** One delivery of a message. */
export interface Delivery {
  readonly id: string;
  readonly body: string;
  readonly receipt: string;
  /** How often the message was delivered, this time included. */
  readonly receives: number;
}

export interface ReceiveOptions {
  /** At most; SQS gives up to 10. */
  readonly count: number;
  /** Seconds for which received messages are hidden from others. */
  readonly visibilitySeconds: number;
  readonly signal: AbortSignal;
}

/** One queue. Messages are JSON, except those of others that are passed on as they are. */
export class SqsQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  async send(message: unknown): Promise<void> {
    await this.sendText(JSON.stringify(message));
  }

  async sendText(MessageBody: string): Promise<void> {
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.#url, MessageBody }));
  }

  /** Waits for a message for up to 20 seconds, and gives none where none came. @throws where `signal` is aborted */
  async receive({ count, visibilitySeconds, signal }: ReceiveOptions): Promise<Delivery[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#url,
      MaxNumberOfMessages: Math.min(count, MOST_MESSAGES),
      VisibilityTimeout: visibilitySeconds,
      WaitTimeSeconds: LONGEST_WAIT_SECONDS,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    const { Messages = [] } = await this.#client.send(command, { abortSignal: signal });
    return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '', Attributes = {} }) => ({
      id: MessageId,
      body: Body,
      receipt: ReceiptHandle,
      receives: Number(Attributes.ApproximateReceiveCount ?? 1),
    }));
  }

  async delete({ receipt }: Delivery): Promise<void> {
    await this.#client.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receipt }));
  }

  /** Hides it from now on for so long; 0 gives it to others at once. */
  async hide({ receipt }: Pick<Delivery, 'receipt'>, seconds: number): Promise<void> {
    const VisibilityTimeout = Math.min(Math.ceil(seconds), LONGEST_HIDING_SECONDS);
    await this.#client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.#url, ReceiptHandle: receipt, VisibilityTimeout }),
    );
  }

  /** Deliveries after which a message goes to the dead-letter queue; infinite where there is none. */
  async mostReceives(): Promise<number> {
    const command = new GetQueueAttributesCommand({ QueueUrl: this.#url, AttributeNames: ['RedrivePolicy'] });
    const { Attributes = {} } = await this.#client.send(command);
    if (Attributes.RedrivePolicy === undefined) return Number.POSITIVE_INFINITY;
    const { maxReceiveCount } = redrivePolicySchema.parse(JSON.parse(Attributes.RedrivePolicy));
    return Number(maxReceiveCount);
  }
}

/** A client for the region and endpoint of the environment. */
export function createSqsClient(environment: Readonly<Record<string, string | undefined>>): SQSClient {
  const endpoint = environment.AWS_ENDPOINT_URL_SQS ?? environment.AWS_ENDPOINT_URL;
  return new SQSClient({
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}
