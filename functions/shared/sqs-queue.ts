import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const ATTEMPTS = 8;

/** One queue that JSON messages are sent to. */
export class SqsQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  async send(message: unknown): Promise<void> {
    const MessageBody = JSON.stringify(message);
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.#url, MessageBody }));
  }
}

/** A client for the region and endpoint of the environment. */
export function createSqsClient(environment: Readonly<Record<string, string | undefined>>): SQSClient {
  const endpoint = environment.AWS_ENDPOINT_URL_SQS ?? environment.AWS_ENDPOINT_URL;
  return new SQSClient({ maxAttempts: ATTEMPTS, ...(endpoint === undefined ? {} : { endpoint }) });
}
