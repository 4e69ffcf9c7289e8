import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type LoggingProps, logGroup } from '../common/execution-role.ts';

/**
 * The two log groups of a web function. Lambda writes to one whose name ends in `.local`, in each region where a request runs, and
 * gathers what is there in the other one. It would make the first by itself, without a retention and without a key of ours:
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-logging.html
 */
export class WebLogs extends Construct {
  /** Where to look, and what the function names. */
  readonly gathered: LogGroup;
  /** Where lines arrive first. */
  readonly local: LogGroup;

  constructor(scope: Construct, id: string, logging: LoggingProps = {}) {
    super(scope, id);
    const { encryptionKey, logRetention, logRemovalPolicy } = logging;
    this.gathered = logGroup(this, 'Gathered', logging);
    this.local = new LogGroup(this, 'Local', {
      logGroupName: `${this.gathered.logGroupName}.local`,
      retention: logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: logRemovalPolicy ?? RemovalPolicy.DESTROY,
      ...(encryptionKey && { encryptionKey }),
    });
  }
}
