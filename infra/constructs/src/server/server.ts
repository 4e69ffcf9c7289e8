import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * A long-lived server for heavy models. It serves the routes of the HTTP app, and takes jobs from a queue if nobody can
 * wait for it to start. The implementation says what it runs on.
 */
export interface IInferenceServer {
  /** Such as `http://internal-server.elb.amazonaws.com`: answers while a task is healthy, and 503 while there is none. */
  readonly url: string;
  /** The only place from which `url` is reached, and from which the job queue and S3 are reached too. */
  readonly callers: ServerCallers;
  /** The queue of jobs, whose depth and age start tasks, even the first. */
  readonly jobQueue: IQueue;
  /** Jobs that failed on every delivery. */
  readonly deadLetterQueue: IQueue;
  /** Holds the state and the results of jobs, below `jobPrefix`. */
  readonly jobBucket: IBucket;
  readonly jobPrefix: string;
  readonly metrics: ServerMetrics;
  /** Lets a function queue jobs, read and write their state, and delete their results, and nothing else in the bucket. */
  grantSubmitJobs(grantee: IGrantable): void;
}

/** The place of a function that calls the server. */
export interface ServerCallers {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** A function with this group reaches load balancer and endpoints, and nobody reaches the function. */
  readonly securityGroup: ISecurityGroup;
  /** Whether Lambda is reached from there, so that a function can invoke others. */
  readonly reachLambda: boolean;
}

/** The metrics of a server that a dashboard shows. AWS services emit them, without the server's help. */
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
