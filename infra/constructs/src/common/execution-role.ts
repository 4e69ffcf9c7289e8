import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** How the logs of a function or an API are kept, and what encrypts them. */
export interface LoggingProps {
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /**
   * Encrypts log groups and environment variables. The policy of the key must let CloudWatch Logs use it. The policy of a
   * key of the same app is extended here.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: IKey;
  /** Whether the logs are kept when the stack is deleted. @default RemovalPolicy.DESTROY */
  readonly logRemovalPolicy?: RemovalPolicy;
}

export function logGroup(scope: Construct, id: string, props: LoggingProps = {}): LogGroup {
  const { logRetention: retention = RetentionDays.ONE_MONTH, encryptionKey } = props;
  const { logRemovalPolicy: removalPolicy = RemovalPolicy.DESTROY } = props;
  const logs = `logs.${Stack.of(scope).region}.${Stack.of(scope).urlSuffix}`;
  encryptionKey?.grantEncryptDecrypt(new ServicePrincipal(logs));
  return new LogGroup(scope, id, { retention, removalPolicy, ...(encryptionKey && { encryptionKey }) });
}

/** Makes the role of one function, which may write to its own log group and nothing else yet. */
export function executionRole(scope: Construct, id: string, logs: LogGroup, encryptionKey?: IKey): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logs.grantWrite(role);
  encryptionKey?.grantDecrypt(role);
  return role;
}
