import { parseModelRef } from '@pilotlight/model-format';
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
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { checkServerEnvironment } from '../common/environment.ts';
import { InfraError } from '../common/errors.ts';
import { ServiceRole } from '../common/execution-role.ts';
import { followRegistry } from '../common/followed-registry.ts';
import type { taskSchema } from './schema.ts';

/** The port that the server listens on. */
export const SERVER_PORT = 8080;
/**
 * The time from SIGTERM to SIGKILL. Before it the load balancer drains for `DRAIN_TIME`, and a spot instance has two minutes for both:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html
 */
export const STOP_TIMEOUT = Duration.seconds(85);
/** The part of `STOP_TIMEOUT` in which the server finishes what it began; in the rest it ends. */
export const SHUTDOWN_GRACE = Duration.seconds(75);

/** The file in the image's working directory that asks `/health` of the server beside it. */
export const HEALTH_CHECK = 'health-check.mjs';

export interface ServerTaskProps extends z.output<typeof taskSchema> {
  /** An image for x86-64 with the server and its models, from ECR of this region or built by CDK. */
  readonly image: ContainerImage;
  /** Models that a task loads before it takes requests. */
  readonly models: readonly string[];
  readonly gpuCount: number;
  /** Where the server finds its jobs. */
  readonly jobSettings: Readonly<Record<string, string>>;
  readonly logGroup: LogGroup;
}

/** One server: not root by its image, with a root file system that it cannot write to, and a GPU of its own. */
export class ServerTask extends Construct {
  readonly taskDefinition: TaskDefinition;

  constructor(scope: Construct, id: string, props: ServerTaskProps) {
    super(scope, id);
    const { cpuUnits, memoryMegabytes, models, environment, registry } = props;
    checkEnvironment(environment);
    this.taskDefinition = new TaskDefinition(this, 'Task', {
      taskRole: new ServiceRole(this, 'TaskRole', {
        assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      }),
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
      logging: LogDriver.awsLogs({ streamPrefix: 'server', logGroup: props.logGroup }),
      portMappings: [{ containerPort: SERVER_PORT }],
      readonlyRootFilesystem: true,
      privileged: false,
      stopTimeout: STOP_TIMEOUT,
      environment: {
        PILOTLIGHT_REQUIRE_GPU: '1',
        ...environment,
        // ECS sets the region for tasks on Fargate only, and no client of AWS starts without it.
        AWS_REGION: Stack.of(this).region,
        PILOTLIGHT_PORT: String(SERVER_PORT),
        PILOTLIGHT_SHUTDOWN_GRACE_MS: String(SHUTDOWN_GRACE.toMilliseconds()),
        ...(models.length > 0 && { PILOTLIGHT_PRELOAD_MODELS: models.join(',') }),
        ...(registry &&
          followRegistry(this.taskDefinition.taskRole, registry, [
            ...new Set(models.map((ref) => parseModelRef(ref).name)),
          ])),
        ...props.jobSettings,
      },
      // ECS ignores the health check of the image. The load balancer asks whether the server is ready; this asks whether it lives.
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
      reason: 'ecr:GetAuthorizationToken, without which ECS cannot pull an image, takes no resource.',
    });
  }
}

/** Variables that the construct sets, because other parts of it rely on them. */
const OWNED = [
  'AWS_REGION',
  'PILOTLIGHT_PORT',
  'PILOTLIGHT_PRELOAD_MODELS',
  'PILOTLIGHT_SHUTDOWN_GRACE_MS',
  'PILOTLIGHT_MODELS_DIR',
  'PILOTLIGHT_JOB_QUEUE_URL',
  'PILOTLIGHT_JOB_BUCKET',
  'PILOTLIGHT_JOB_PREFIX',
  'PILOTLIGHT_REGISTRY',
  'PILOTLIGHT_REGISTRY_MODELS',
  'PILOTLIGHT_REGISTRY_POLL_SECONDS',
];

function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  const owned = Object.keys(environment).find((name) => OWNED.includes(name));
  if (owned !== undefined)
    throw new InfraError(
      'INVALID_PROPS',
      `task.environment has ${owned}, which the construct sets: leave it out.`,
    );
  checkServerEnvironment(environment);
}
