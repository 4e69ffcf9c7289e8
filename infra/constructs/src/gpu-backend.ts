import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * Where heavy models run: a container with a GPU that serves the routes of the HTTP app, and takes jobs from a queue
 * when nobody can wait for it to start. What it runs on is for the implementation to say.
 */
export interface GpuBackend {
  /** Such as `http://internal-gpu.elb.amazonaws.com`: answers while a task is healthy, and 503 while there is none. */
  readonly url: string;
  /** From where alone `url` is reached, and from where the job queue and S3 are. */
  readonly callers: GpuCallers;
  /** Its depth and age start tasks, from none. */
  readonly jobQueue: IQueue;
  /** Jobs that failed on every delivery. */
  readonly deadLetterQueue: IQueue;
  /** Holds the state and the results of jobs, below `jobPrefix`. */
  readonly jobBucket: IBucket;
  readonly jobPrefix: string;
  readonly metrics: GpuBackendMetrics;
  /** Lets a function queue jobs, read and write their state, and delete what came of them; nothing else in the bucket. */
  grantSubmitJobs(grantee: IGrantable): void;
}

/** Where a function stands that calls the container. */
export interface GpuCallers {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** Whoever has it reaches load balancer and endpoints; nobody reaches whoever has it. */
  readonly securityGroup: ISecurityGroup;
}

/** What a dashboard shows of a backend. Metrics of AWS services, which are there without the container's help. */
export interface GpuBackendMetrics {
  /** Tasks that pass their health check. */
  readonly healthyTasks: Metric;
  /** Requests that reached the load balancer. */
  readonly requests: Metric;
  /** Seconds from request to answer; ask for a percentile by `.with`. */
  readonly responseTime: Metric;
  /** Answers of 500 and above that came from the container. */
  readonly serverErrors: Metric;
}
