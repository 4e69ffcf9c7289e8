import { bundleFolder, type FunctionName, HANDLER } from '@pilotlight/functions';
import type { Duration } from 'aws-cdk-lib';
import type { IRole, Role } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type AssetCode,
  Code,
  type FunctionOptions,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  acknowledge,
  acknowledgeSynchronous,
  acknowledgeTracing,
  acknowledgeUntraced,
} from './acknowledgements.ts';
import { executionRole, type LoggingProps, logGroup } from './execution-role.ts';

export interface BundledFunctionProps {
  readonly name: FunctionName;
  readonly description: string;
  readonly memoryMegabytes: number;
  readonly timeout: Duration;
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default false */
  readonly tracing?: boolean;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
  /**
   * Takes events of asynchronous invocations that fail, with the error; each is tried once.
   *
   * @default - none: the function is invoked synchronously
   */
  readonly failures?: IQueue;
  /** The reason why there need be no `failures`, in a sentence. @default - because the function is invoked synchronously */
  readonly withoutFailures?: string;
  /** The age up to which an event of an asynchronous invocation is delivered. @default - six hours */
  readonly maxEventAge?: Duration;
}

/** A function without native packages: bundle, log group, and a role that may write to that log group. */
export class BundledFunction extends Construct {
  readonly function: IFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    this.logGroup = logGroup(this, 'Logs', props.logging);
    this.role = executionRole(this, 'Role', this.logGroup, props.logging?.encryptionKey);
    this.function = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: HANDLER,
      code: functionCode(props.name),
      description: props.description,
      memorySize: props.memoryMegabytes,
      timeout: props.timeout,
      ...commonOptions(props, this.role, this.logGroup),
      environment: props.environment ?? {},
      ...(props.failures && { onFailure: new SqsDestination(props.failures), retryAttempts: 0 }),
      ...(props.maxEventAge && { maxEventAge: props.maxEventAge }),
    });
    if (props.tracing) acknowledgeTracing(this.role);
    else acknowledgeUntraced(this);
    if (props.failures)
      acknowledge(this, 'Serverless-LambdaDLQ', 'Its failure destination takes the events.');
    else if (props.withoutFailures) acknowledge(this, 'Serverless-LambdaDLQ', props.withoutFailures);
    else acknowledgeSynchronous(this);
  }
}

/** Options that all functions share: role, log group, tracing, and the key of the environment. */
export function commonOptions(
  { tracing, logging }: { readonly tracing?: boolean; readonly logging?: LoggingProps | undefined },
  role: IRole,
  logs: LogGroup,
): FunctionOptions {
  const encryptionKey = logging?.encryptionKey;
  return {
    role,
    logGroup: logs,
    tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    ...(logging?.platformLogs === 'failures' && {
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
    }),
    ...(encryptionKey && { environmentEncryption: encryptionKey }),
  };
}

/** The bundle of a function as code whose handler is `HANDLER`. @throws BundleError BUNDLE_FAILED */
export function functionCode(name: FunctionName): AssetCode {
  return Code.fromAsset(bundleFolder(name).folder);
}
