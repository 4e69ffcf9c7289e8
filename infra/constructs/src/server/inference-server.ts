import { Duration } from 'aws-cdk-lib';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  type ContainerImage,
  ContainerInsights,
  FargateService,
  type ICluster,
} from 'aws-cdk-lib/aws-ecs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import { type LoggingProps, logGroup } from '../common/execution-role.ts';
import { checkSettings } from '../common/problems.ts';
import { toRemovalPolicy } from '../common/removal-policy.ts';
import { ServerCapacity } from './capacity.ts';
import { JOB_PREFIX, JobStore } from './job-store.ts';
import { ServerLoadBalancer } from './load-balancer.ts';
import { ServerNetwork, type ServerNetworkChoice } from './network.ts';
import { RunningTasks } from './running-tasks.ts';
import { scaleOnWork } from './scaling.ts';
import { type ServerSettings, serverSchema } from './schema.ts';
import type { IInferenceServer, ServerCallers, ServerMetrics } from './server.ts';
import { SERVER_PORT, ServerTask } from './task.ts';

export interface InferenceServerProps {
  /** An image for x86-64 with the server and its models, from ECR of this region or built by CDK. */
  readonly image: ContainerImage;
  /** Models that a task loads before it takes requests, by name or by name and version. @default - each by its first request */
  readonly models?: ServerSettings['models'];
  /** The instances with a GPU that servers run on. @default - one g6 instance for each server, on demand */
  readonly gpu?: ServerSettings['gpu'];
  /** CPU, memory and variables of one server. @default - those that fill a g6.xlarge */
  readonly task?: ServerSettings['task'];
  /** When there is one server more, and when none. @default - from none to two */
  readonly scaling?: ServerSettings['scaling'];
  /** @default {kind: 'endpoints'}: a VPC of its own without a way to the Internet */
  readonly network?: ServerNetworkChoice;
  /**
   * Whether functions that call the server invoke other functions, too, as the main function of an API with several does: an endpoint of
   * Lambda then stands in the VPC. @default false
   */
  readonly callersInvoke?: boolean;
  /** How long jobs are kept, and where. @default - seven days, in a bucket of its own */
  readonly jobs?: ServerSettings['jobs'];
  /** Bucket for jobs and their results, below `jobs/`. @default - a bucket of its own */
  readonly jobBucket?: IBucket;
  /** Where S3 and the load balancer write access logs; encrypted by SSE-S3. @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
  /** How logs are kept, and what encrypts them and jobs. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** A long-lived server with a GPU on ECS Managed Instances behind an internal load balancer, from no instance to several. */
export class InferenceServer extends Construct implements IInferenceServer {
  readonly url: string;
  readonly callers: ServerCallers;
  readonly jobQueue: Queue;
  readonly deadLetterQueue: Queue;
  readonly jobBucket: IBucket;
  readonly jobPrefix = JOB_PREFIX;
  readonly metrics: ServerMetrics;
  readonly service: FargateService;
  readonly logGroup: LogGroup;
  private readonly jobStore: JobStore;

  constructor(scope: Construct, id: string, props: InferenceServerProps) {
    super(scope, id);
    const {
      image,
      network: choice = { kind: 'endpoints' },
      callersInvoke = false,
      jobBucket,
      accessLogBucket,
      logging,
      ...data
    } = props;
    const {
      models = [],
      gpu,
      task: taskSettings,
      scaling,
      jobs,
    } = checkSettings(scope, id, serverSchema, data);
    const removalPolicy = toRemovalPolicy(jobs.removalPolicy);
    const encryptionKey = logging?.encryptionKey;
    const network = new ServerNetwork(this, { network: choice, callersInvoke, ...(logging && { logging }) });
    const { vpc } = network;
    const subnets = { subnets: [...network.subnets] };
    const frontDoor = new ServerLoadBalancer(this, 'LoadBalancer', {
      network,
      removalPolicy,
      logging,
      ...(accessLogBucket && { accessLogBucket }),
    });
    this.jobStore = new JobStore(this, 'Jobs', {
      accessLogBucket: frontDoor.accessLogBucket,
      removalPolicy,
      ...(jobBucket && { bucket: jobBucket }),
      ...(encryptionKey && { encryptionKey }),
      resultExpiration: Duration.days(jobs.resultExpirationDays),
    });
    this.logGroup = logGroup(this, 'Logs', logging);
    const task = new ServerTask(this, 'Task', {
      ...taskSettings,
      image,
      models,
      gpuCount: gpu.count,
      logGroup: this.logGroup,
      jobSettings: this.jobSettings(),
    });
    this.jobStore.grantWork(task.taskDefinition.taskRole);

    const cluster = new Cluster(this, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.DISABLED });
    acknowledge(
      cluster,
      'AwsSolutions-ECS4',
      'CloudWatch has CPU and memory of services without Container Insights, whose metrics are paid for each.',
    );
    const capacity = new ServerCapacity(this, 'Capacity', { ...gpu, cluster, network });
    const securityGroup = new SecurityGroup(this, 'Tasks', { vpc, description: 'Servers of Pilotlight' });
    securityGroup.connections.allowFrom(
      frontDoor.loadBalancer,
      Port.tcp(SERVER_PORT),
      'From the load balancer',
    );
    network.endpoints?.connections.allowFrom(securityGroup, Port.tcp(443), 'From tasks');
    network.endpoints?.connections.allowFrom(capacity.securityGroup, Port.tcp(443), 'From instances');
    const { taskDefinition } = task;
    const running = new RunningTasks(this, 'RunningTasks', {
      cluster: cluster as ICluster,
      taskDefinition,
      logging,
    });
    this.service = new FargateService(this, 'Service', {
      cluster: cluster as ICluster,
      taskDefinition,
      capacityProviderStrategies: [{ capacityProvider: capacity.provider.capacityProviderName, weight: 1 }],
      desiredCount: running.count,
      vpcSubnets: subnets,
      securityGroups: [securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      healthCheckGracePeriod: Duration.minutes(10),
    });
    frontDoor.targets.addTarget(this.service);
    scaleOnWork({
      ...scaling,
      service: this.service,
      queue: this.jobStore.queue,
      requests: frontDoor.requests,
    });

    this.url = `http://${frontDoor.loadBalancer.loadBalancerDnsName}`;
    const reachLambda = callersInvoke || choice.kind === 'given';
    this.callers = { vpc, subnets: network.callerSubnets, securityGroup: frontDoor.callers, reachLambda };
    this.metrics = frontDoor.metrics;
    this.jobQueue = this.jobStore.queue;
    this.deadLetterQueue = this.jobStore.deadLetterQueue;
    this.jobBucket = this.jobStore.bucket;
  }

  grantSubmitJobs(grantee: IGrantable): void {
    this.jobStore.grantSubmit(grantee);
  }

  /** Where the server finds its jobs. */
  private jobSettings(): Record<string, string> {
    return {
      PILOTLIGHT_JOB_QUEUE_URL: this.jobStore.queue.queueUrl,
      PILOTLIGHT_JOB_BUCKET: this.jobStore.bucket.bucketName,
      PILOTLIGHT_JOB_PREFIX: JOB_PREFIX,
    };
  }
}
