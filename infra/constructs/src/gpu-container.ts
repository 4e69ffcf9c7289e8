import { Duration, Stack, Validations } from 'aws-cdk-lib';
import {
  Compatibility,
  type ContainerImage,
  CpuArchitecture,
  LogDriver,
  NetworkMode,
  OperatingSystemFamily,
  TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { checkServerEnvironment } from './environment-checks.ts';
import { InfraError } from './errors.ts';

/** Where the container listens. */
export const CONTAINER_PORT = 8080;
/**
 * From SIGTERM to SIGKILL. Before it the load balancer drains for `DRAIN_TIME`, and a spot instance has two minutes for both:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html
 */
export const STOP_TIMEOUT = Duration.seconds(85);
/** Of `STOP_TIMEOUT`, what the server takes to finish what it began; the rest is for it to end. */
export const SHUTDOWN_GRACE = Duration.seconds(75);

/** In the image, from its working directory: asks `/health` of the server beside it. */
export const HEALTH_CHECK = 'health-check.mjs';

export interface GpuContainerOptions {
  /** An image for x86-64 with the server and its models, from ECR of this region or built by CDK. */
  readonly image: ContainerImage;
  /** 1,024 are one vCPU. @default 3072, of the 4 of a g6.xlarge */
  readonly cpuUnits?: number;
  /** @default 13312, of the 16,384 of a g6.xlarge */
  readonly memoryMegabytes?: number;
  /** Models that a task loads before it takes requests, by name or by name and version. @default - each by its first request */
  readonly models?: readonly string[];
  /** Further variables for the server. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface GpuContainerProps extends GpuContainerOptions {
  readonly gpuCount: number;
  /** Where the server finds its jobs. */
  readonly jobSettings: Readonly<Record<string, string>>;
  readonly logGroup: LogGroup;
}

/** One server: not root by its image, with a root file system that it can not write to, and a GPU of its own. */
export class GpuContainer extends Construct {
  readonly taskDefinition: TaskDefinition;

  constructor(scope: Construct, id: string, props: GpuContainerProps) {
    super(scope, id);
    const { cpuUnits = 3072, memoryMegabytes = 13312, models = [], environment = {} } = props;
    checkEnvironment(environment);
    this.taskDefinition = new TaskDefinition(this, 'Task', {
      compatibility: Compatibility.MANAGED_INSTANCES,
      networkMode: NetworkMode.AWS_VPC,
      cpu: String(cpuUnits),
      memoryMiB: String(memoryMegabytes),
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.X86_64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      volumes: [{ name: 'scratch' }],
    });
    const container = this.taskDefinition.addContainer('server', {
      image: props.image,
      gpuCount: props.gpuCount,
      logging: LogDriver.awsLogs({ streamPrefix: 'gpu', logGroup: props.logGroup }),
      portMappings: [{ containerPort: CONTAINER_PORT }],
      readonlyRootFilesystem: true,
      privileged: false,
      stopTimeout: STOP_TIMEOUT,
      environment: {
        // Lambda says it to functions; ECS says it to tasks on Fargate only, and without it no client of AWS begins.
        AWS_REGION: Stack.of(this).region,
        PILOTLIGHT_PORT: String(CONTAINER_PORT),
        PILOTLIGHT_REQUIRE_GPU: '1',
        PILOTLIGHT_SHUTDOWN_GRACE_MS: String(SHUTDOWN_GRACE.toMilliseconds()),
        ...(models.length > 0 && { PILOTLIGHT_PRELOAD_MODELS: models.join(',') }),
        ...props.jobSettings,
        ...environment,
      },
      // ECS does not read that of the image. The load balancer asks whether it is ready; this, whether it lives.
      healthCheck: {
        command: ['CMD', 'node', HEALTH_CHECK],
        interval: Duration.seconds(30),
        timeout: Duration.seconds(10),
        retries: 3,
        startPeriod: Duration.minutes(5),
      },
    });
    container.addMountPoints({ sourceVolume: 'scratch', containerPath: '/tmp', readOnly: false });
    Validations.of(this.taskDefinition).acknowledge({
      id: 'AwsSolutions-ECS2',
      reason: 'The variables are names, addresses and limits; there is no secret among them.',
    });
    Validations.of(this.taskDefinition.obtainExecutionRole()).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'ecr:GetAuthorizationToken, without which ECS can not pull an image, takes no resource.',
    });
  }
}

/** Variables that the construct sets, for other parts of it rely on them. */
const OWNED = [
  'PILOTLIGHT_PORT',
  'PILOTLIGHT_PRELOAD_MODELS',
  'PILOTLIGHT_SHUTDOWN_GRACE_MS',
  'PILOTLIGHT_MODELS_DIR',
  'PILOTLIGHT_JOB_QUEUE_URL',
  'PILOTLIGHT_JOB_BUCKET',
  'PILOTLIGHT_JOB_PREFIX',
];

function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  const owned = Object.keys(environment).find((name) => OWNED.includes(name));
  if (owned !== undefined)
    throw new InfraError(
      'INVALID_PROPS',
      `environment has ${owned}, which the construct sets: leave it out.`,
    );
  checkServerEnvironment(environment);
}
