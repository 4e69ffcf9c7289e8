import { Fn, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  type AddToPrincipalPolicyResult,
  type PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Which lines of its own Lambda writes into the log of a function. */
export const PLATFORM_LOGS = ['all', 'failures'] as const;

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
  /**
   * Lambda's own lines, START, END and REPORT: of all invocations, or only those that tell of failures. Without them the log
   * is in Lambda's JSON format, because Lambda filters no other.
   *
   * @default 'all'
   */
  readonly platformLogs?: (typeof PLATFORM_LOGS)[number];
}

/** The services that write to a log group by a resource policy that they extend themselves. */
export type LogDelivery = 'apis' | 'states';

/** `deliveredFor` is given where a service of AWS writes, and no role of ours. */
export function logGroup(
  scope: Construct,
  id: string,
  props: LoggingProps = {},
  deliveredFor?: LogDelivery,
): LogGroup {
  const { logRetention: retention = RetentionDays.ONE_MONTH, encryptionKey } = props;
  const { logRemovalPolicy: removalPolicy = RemovalPolicy.DESTROY } = props;
  const logs = `logs.${Stack.of(scope).region}.${Stack.of(scope).urlSuffix}`;
  encryptionKey?.grantEncryptDecrypt(new ServicePrincipal(logs));
  return new LogGroup(scope, id, {
    retention,
    removalPolicy,
    ...(encryptionKey && { encryptionKey }),
    ...(deliveredFor && { logGroupName: vendedName(scope, deliveredFor) }),
  });
}

/**
 * The service adds each log group to one resource policy of the account, which has room for 5,120 characters, some dozens of
 * groups. Those below /aws/vendedlogs/ share a line. The id of the stack is in the name because a group that is kept would
 * otherwise be in the way of the same stack when it is made again.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
 */
function vendedName(scope: Construct, deliveredFor: LogDelivery): string {
  const stack = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return `/aws/vendedlogs/${deliveredFor}/${Names.uniqueResourceName(scope, { maxLength: 200, separator: '-' })}/${stack}`;
}

/** The services that use a key for a function or a server: for its variables, objects, messages, secrets and items. */
const KEY_USERS = ['lambda', 's3', 'sqs', 'secretsmanager', 'dynamodb'];

/**
 * A role that may use a key only by way of these services. Its own code cannot ask KMS to decrypt what else the key encrypts:
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export class ServiceRole extends Role {
  override addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    return super.addToPrincipalPolicy(this.#byServices(statement));
  }

  #byServices(statement: PolicyStatement): PolicyStatement {
    const { actions, conditions } = statement;
    if (actions.length === 0 || !actions.every((action) => action.startsWith('kms:'))) return statement;
    const { region, urlSuffix } = Stack.of(this);
    const services = KEY_USERS.map((service) => `${service}.${region}.${urlSuffix}`);
    const StringEquals = { ...conditions.StringEquals, 'kms:ViaService': services };
    return statement.copy({ conditions: { ...conditions, StringEquals } });
  }
}

/** Makes the role of one function, which may write to its own log group and nothing else yet. */
export function executionRole(scope: Construct, id: string, logs: LogGroup, encryptionKey?: IKey): Role {
  const role = new ServiceRole(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logs.grantWrite(role);
  encryptionKey?.grantDecrypt(role);
  return role;
}
