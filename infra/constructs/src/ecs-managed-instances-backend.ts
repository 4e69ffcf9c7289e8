import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights, FargateService, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type LoggingProps, logGroup } from './execution-role.ts';
import type { GpuBackend, GpuBackendMetrics, GpuCallers } from './gpu-backend.ts';
import { GpuCapacity, type GpuCapacityOptions } from './gpu-capacity.ts';
import { CONTAINER_PORT, GpuContainer, type GpuContainerOptions } from './gpu-container.ts';
import { GpuLoadBalancer } from './gpu-load-balancer.ts';
import { GpuNetwork, type GpuNetworkChoice } from './gpu-network.ts';
import { type GpuScalingOptions, scaleOnWork } from './gpu-scaling.ts';
import { JOB_PREFIX, JobStore } from './job-store.ts';

export interface EcsManagedInstancesBackendProps
  extends LoggingProps,
    GpuContainerOptions,
    GpuCapacityOptions,
    GpuScalingOptions {
  /** @default {kind: 'endpoints'}: a VPC of its own without a way to the Internet */
  readonly network?: GpuNetworkChoice;
  /** Bucket for jobs and their results, below `jobs/`. @default - a bucket of its own */
  readonly jobBucket?: IBucket;
  /** Where S3 and the load balancer write access logs; encrypted by SSE-S3. @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
  /** When jobs and results are deleted, in a bucket of its own. @default Duration.days(7) */
  readonly resultExpiration?: Duration;
  /** What becomes of the buckets with the stack. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** A GPU container on ECS Managed Instances behind an internal load balancer, from no instance to several. */
export class EcsManagedInstancesBackend extends Construct implements GpuBackend {
  readonly url: string;
  readonly callers: GpuCallers;
  readonly jobQueue: Queue;
  readonly deadLetterQueue: Queue;
  readonly jobBucket: IBucket;
  readonly jobPrefix = JOB_PREFIX;
  readonly metrics: GpuBackendMetrics;
  readonly service: FargateService;
  readonly logGroup: LogGroup;
  private readonly jobs: JobStore;

  constructor(scope: Construct, id: string, props: EcsManagedInstancesBackendProps) {
    super(scope, id);
    const { gpuCount = 1, encryptionKey, minTasks = 0, removalPolicy = RemovalPolicy.RETAIN } = props;
    const network = new GpuNetwork(this, 'Network', props);
    const { vpc } = network;
    const subnets = { subnets: [...network.subnets] };
    const frontDoor = new GpuLoadBalancer(this, 'LoadBalancer', {
      network,
      removalPolicy,
      ...(props.accessLogBucket && { accessLogBucket: props.accessLogBucket }),
    });
    this.jobs = new JobStore(this, 'Jobs', {
      accessLogBucket: frontDoor.accessLogBucket,
      removalPolicy,
      ...(props.jobBucket && { bucket: props.jobBucket }),
      ...(encryptionKey && { encryptionKey }),
      ...(props.resultExpiration && { resultExpiration: props.resultExpiration }),
    });
    this.logGroup = logGroup(this, 'Logs', props);
    const container = new GpuContainer(this, 'Container', {
      ...props,
      gpuCount,
      logGroup: this.logGroup,
      jobSettings: this.jobSettings(),
    });
    this.jobs.grantWork(container.taskDefinition.taskRole);

    const cluster = new Cluster(this, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.ENABLED });
    const capacity = new GpuCapacity(this, 'Capacity', { ...props, cluster, network });
    const securityGroup = new SecurityGroup(this, 'Tasks', { vpc, description: 'Servers of Pilotlight' });
    securityGroup.connections.allowFrom(
      frontDoor.loadBalancer,
      Port.tcp(CONTAINER_PORT),
      'From the load balancer',
    );
    network.endpoints?.connections.allowFrom(securityGroup, Port.tcp(443), 'From tasks');
    network.endpoints?.connections.allowFrom(capacity.securityGroup, Port.tcp(443), 'From instances');
    this.service = new FargateService(this, 'Service', {
      cluster: cluster as ICluster,
      taskDefinition: container.taskDefinition,
      capacityProviderStrategies: [{ capacityProvider: capacity.provider.capacityProviderName, weight: 1 }],
      desiredCount: minTasks,
      vpcSubnets: subnets,
      securityGroups: [securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      healthCheckGracePeriod: Duration.minutes(10),
    });
    frontDoor.targets.addTarget(this.service);
    scaleOnWork({ ...props, service: this.service, queue: this.jobs.queue, requests: frontDoor.requests });

    this.url = `http://${frontDoor.loadBalancer.loadBalancerDnsName}`;
    this.callers = { vpc, subnets: network.subnets, securityGroup: frontDoor.callers };
    this.metrics = frontDoor.metrics;
    this.jobQueue = this.jobs.queue;
    this.deadLetterQueue = this.jobs.deadLetterQueue;
    this.jobBucket = this.jobs.bucket;
  }

  grantSubmitJobs(grantee: IGrantable): void {
    this.jobs.grantSubmit(grantee);
  }

  /** Where the server finds its jobs. */
  private jobSettings(): Record<string, string> {
    return {
      PILOTLIGHT_JOB_QUEUE_URL: this.jobs.queue.queueUrl,
      PILOTLIGHT_JOB_BUCKET: this.jobs.bucket.bucketName,
      PILOTLIGHT_JOB_PREFIX: JOB_PREFIX,
    };
  }
}
