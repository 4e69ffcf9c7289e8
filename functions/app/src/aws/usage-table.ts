/** The usage of keys in a table of DynamoDB: one item for each key and day. See serve/callers/ADR-quotas.md. */
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  DynamoDBServiceException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { UsageError } from './usage-error.ts';

/** Some milliseconds as a rule. A request waits for what is read, and nobody for what is written. */
const CONNECT_MS = 500;
const READ_MS = 1000;
const WRITE_MS = 5000;
/** Days for which the counts of a day are kept. */
const KEPT_DAYS = 40;
const DAY_SECONDS = 86_400;

const number = z.pipe(
  z.object({ N: z.string() }),
  z.transform(({ N }) => Number(N)),
);
const text = z.pipe(
  z.object({ S: z.string() }),
  z.transform(({ S }) => S),
);
const itemSchema = z.object({
  day: text,
  minute: text,
  requests: number,
  tokens: number,
  minuteRequests: number,
});

type CountedUsage = z.infer<typeof itemSchema>;

/** Updates by what the item says of the minute; of their conditions, one holds at any moment. */
const UPDATES = {
  sameMinute: {
    ConditionExpression: '#minute = :minute',
    UpdateExpression:
      'SET #expires = :expires ADD #tokens :tokens, #requests :requests, #minuteRequests :requests',
  },
  newMinute: {
    ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute',
    UpdateExpression:
      'SET #expires = :expires, #minute = :minute, #minuteRequests = :requests ADD #tokens :tokens, #requests :requests',
  },
  /** Of a process whose clock is ahead there is a later minute already. */
  pastMinute: {
    ConditionExpression: '#minute > :minute',
    UpdateExpression: 'SET #expires = :expires ADD #tokens :tokens, #requests :requests',
  },
} as const;
type Update = (typeof UPDATES)[keyof typeof UPDATES];
/** Another process may begin the minute between the first and the second. */
const ORDER = ['sameMinute', 'newMinute', 'sameMinute', 'pastMinute'] as const;

export interface UsageTableOptions {
  readonly table: string;
  /**
   * Whether connections are kept for the next request. One that was kept would be dead after Lambda froze the process, and nobody would
   * know whether a count that was sent through it had arrived. @default true
   */
  readonly keepAlive?: boolean;
  /** @default - the region and endpoint of the environment */
  readonly client?: DynamoDBClientConfig;
}

export class UsageTable {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor({ table, keepAlive = true, client = {} }: UsageTableOptions) {
    this.#table = table;
    const agent = { keepAlive };
    this.#client = new DynamoDBClient({
      // The client would send a count again that may have been added already.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: WRITE_MS,
        throwOnRequestTimeout: true,
        httpAgent: agent,
        httpsAgent: agent,
      },
      ...client,
    });
  }

  /** Nothing where the key has used nothing that day. */
  async read(key: string, day: string): Promise<CountedUsage | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: itemKey(key, day), ConsistentRead: true }),
      { requestTimeout: READ_MS },
    );
    return Item && itemSchema.parse(Item);
  }

  /** Adds to the counts of a day and a minute, and tells what they are then. @throws UsageError */
  async add(
    key: string,
    { requests, tokens }: Pick<CountedUsage, 'requests' | 'tokens'>,
    { day, minute }: Pick<CountedUsage, 'day' | 'minute'>,
  ): Promise<CountedUsage> {
    const request = {
      TableName: this.#table,
      Key: itemKey(key, day),
      ExpressionAttributeValues: {
        ':minute': { S: minute },
        ':requests': { N: String(requests) },
        ':tokens': { N: String(tokens) },
        ':expires': { N: String(Date.parse(day) / 1000 + KEPT_DAYS * DAY_SECONDS) },
      },
      ReturnValues: 'ALL_NEW' as const,
    };
    for (const name of ORDER) {
      try {
        const { Attributes } = await this.#client.send(
          new UpdateItemCommand({
            ...request,
            ...UPDATES[name],
            ExpressionAttributeNames: namesIn(UPDATES[name]),
          }),
        );
        return itemSchema.parse(Attributes);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw notCounted(error);
      }
    }
    throw new UsageError('USAGE_NOT_COUNTED', `The counts of ${key} changed with every try.`);
  }
}

/** Every attribute by its name, because some names are reserved words of DynamoDB, and others may be one day. */
function namesIn({ ConditionExpression, UpdateExpression }: Update): Record<string, string> {
  const names = `${ConditionExpression} ${UpdateExpression}`.match(/#\w+/g) ?? [];
  return Object.fromEntries(names.map((name) => [name, name.slice(1)]));
}

function itemKey(key: string, day: string) {
  return { key: { S: key }, day: { S: day } };
}

/** Only DynamoDB itself, and a connection that was never made, say that nothing was added. */
function notCounted(cause: unknown): UsageError {
  const isRefusal = cause instanceof DynamoDBServiceException && cause.$fault === 'client';
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return isRefusal || code === 'ECONNREFUSED' || code === 'ENOTFOUND'
    ? new UsageError(
        'USAGE_NOT_COUNTED',
        'The table of usage took no count. It is sent again with the next one.',
        { cause },
      )
    : new UsageError(
        'USAGE_UNCERTAIN',
        'Nobody knows whether the table of usage took a count, so it is not sent again. Is DynamoDB reachable?',
        { cause },
      );
}
