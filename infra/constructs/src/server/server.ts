import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * Where heavy models run: a long-lived server that serves the routes of the HTTP app, and takes jobs from a queue
 * when nobody can wait for it to start. The implementation says what it runs on.
 */
export interface IInferenceServer {
  /** Such as `http://internal-server.elb.amazonaws.com`: answers while a task is healthy, and 503 while there is none. */
  readonly url: string;
  /** From where alone `url` is reached, and from where the job queue and S3 are. */
  readonly callers: ServerCallers;
  /** Its depth and age start tasks, from none. */
  readonly jobQueue: IQueue;
  /** Jobs that failed on every delivery. */
  readonly deadLetterQueue: IQueue;
  /** Holds the state and the results of jobs, below `jobPrefix`. */
  readonly jobBucket: IBucket;
  readonly jobPrefix: string;
  readonly metrics: ServerMetrics;
  /** Lets a function queue jobs, read and write their state, and delete what came of them; nothing else in the bucket. */
  grantSubmitJobs(grantee: IGrantable): void;
}

/** Where a function stands that calls the server. */
export interface ServerCallers {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** Whoever has it reaches load balancer and endpoints; nobody reaches whoever has it. */
  readonly securityGroup: ISecurityGroup;
}

/** What a dashboard shows of a server. Metrics of AWS services, which are there without the server's help. */
export interface ServerMetrics {
  /** Tasks that pass their health check. */
  readonly healthyTasks: Metric;
  /** Requests that reached the load balancer. */
  readonly requests: Metric;
  /** Seconds from request to answer; ask for a percentile by `.with`. */
  readonly responseTime: Metric;
  /** Answers of 500 and above that came from the server. */
  readonly serverErrors: Metric;
}
