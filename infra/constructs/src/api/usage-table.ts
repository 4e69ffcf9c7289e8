import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { acknowledge, acknowledgeKeyUse } from '../common/acknowledgements.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import type { InferenceFunction } from '../function/inference-function.ts';
import type { quotasSchema } from './schema.ts';

export interface UsageTableProps {
  /** Limits of keys that have none of their own. */
  readonly quotas: z.output<typeof quotasSchema>;
  /** The functions that count. */
  readonly functions: readonly InferenceFunction[];
  /** Says whether the counts outlive the stack, and what encrypts them. @default - they do not; keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** What keys have used: an item of a table for each key and day, which DynamoDB forgets after forty days. */
export class UsageTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { quotas, functions, logging = {} }: UsageTableProps) {
    super(scope, id);
    const { encryptionKey, logRemovalPolicy = RemovalPolicy.DESTROY } = logging;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'key', type: AttributeType.STRING },
      sortKey: { name: 'day', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires',
      removalPolicy: logRemovalPolicy,
      ...(encryptionKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    });
    acknowledge(this, 'AwsSolutions-DDB3', 'Counts of days: what is lost is counted anew from then on.');
    const settings = Stack.of(this).toJsonString({ table: this.table.tableName, ...quotas });
    for (const { function: lambda, executionRole } of functions) {
      this.table.grant(executionRole, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
      if (encryptionKey) {
        encryptionKey.grantEncryptDecrypt(executionRole);
        acknowledgeKeyUse(executionRole);
      }
      lambda.addEnvironment('PILOTLIGHT_QUOTAS', settings);
    }
  }
}
