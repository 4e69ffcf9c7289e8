import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { acknowledge, acknowledgeKeyUse } from '../common/acknowledgements.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import type { InferenceFunction } from '../function/inference-function.ts';
import type { quotasSchema } from './schema.ts';

export interface UsageTableProps {
  /** Limits of keys that have none of their own. */
  readonly quotas: z.output<typeof quotasSchema>;
  /** The functions that count. @default - none yet: see `settings` and `permitCounting` */
  readonly functions?: readonly InferenceFunction[];
  /** Says whether the counts outlive the stack, and what encrypts them. @default - they do not; keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** What keys have used: an item of a table for each key and day, which DynamoDB forgets after forty days. */
export class UsageTable extends Construct {
  readonly table: Table;
  /** The variable `PILOTLIGHT_QUOTAS` of whoever counts. */
  readonly settings: string;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { quotas, functions = [], logging = {} }: UsageTableProps) {
    super(scope, id);
    const { encryptionKey, logRemovalPolicy = RemovalPolicy.DESTROY } = logging;
    this.#encryptionKey = encryptionKey;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'key', type: AttributeType.STRING },
      sortKey: { name: 'day', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires',
      removalPolicy: logRemovalPolicy,
      ...(encryptionKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    });
    acknowledge(this, 'AwsSolutions-DDB3', 'Counts of days: what is lost is counted anew from then on.');
    this.settings = Stack.of(this).toJsonString({ table: this.table.tableName, ...quotas });
    for (const { function: lambda, executionRole } of functions) {
      this.permitCounting(executionRole);
      lambda.addEnvironment('PILOTLIGHT_QUOTAS', this.settings);
    }
  }

  permitCounting(role: IRole): void {
    this.table.grant(role, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    if (!this.#encryptionKey) return;
    this.#encryptionKey.grantEncryptDecrypt(role);
    acknowledgeKeyUse(role);
  }
}
