import { Duration, Size, Validations } from 'aws-cdk-lib';
import { AcceleratorManufacturer, AcceleratorType, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  CapacityOptionType,
  CfnCapacityProvider,
  type Cluster,
  ManagedInstancesCapacityProvider,
  PropagateManagedInstancesTags,
} from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { InfraError } from './errors.ts';
import type { GpuNetwork } from './gpu-network.ts';

export interface GpuCapacityOptions {
  /** Instance types to choose from. @default - `g6.*`: NVIDIA L4, 24 GB of GPU memory, compute capability 8.9 */
  readonly instanceTypes?: readonly string[];
  /** GPUs of one instance; a task uses as many. @default 1 */
  readonly gpuCount?: number;
  /** Whether instances are spot instances: cheaper, and AWS takes them back with two minutes' notice. @default false */
  readonly spot?: boolean;
  /** How long an instance without a task stays, ready for the next; an hour at most. @default Duration.minutes(5) */
  readonly scaleInAfter?: Duration;
  /** Disk of an instance, for images and temporary files. @default Size.gibibytes(80) */
  readonly storage?: Size;
}

export interface GpuCapacityProps extends GpuCapacityOptions {
  readonly cluster: Cluster;
  readonly network: GpuNetwork;
}

/** Instances with GPUs that ECS starts for tasks, patches, and stops when none is left. */
export class GpuCapacity extends Construct {
  readonly provider: ManagedInstancesCapacityProvider;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: GpuCapacityProps) {
    super(scope, id);
    const { cluster, network, instanceTypes = ['g6.*'], gpuCount = 1, spot = false } = props;
    const { storage = Size.gibibytes(80) } = props;
    const scaleInAfter = checkedScaleIn(props.scaleInAfter ?? Duration.minutes(5));
    this.securityGroup = new SecurityGroup(this, 'Instances', {
      vpc: network.vpc,
      description: 'Instances that run tasks of Pilotlight: nobody connects to them',
    });
    this.provider = new ManagedInstancesCapacityProvider(this, 'Provider', {
      subnets: [...network.subnets],
      securityGroups: [this.securityGroup],
      taskVolumeStorage: storage,
      capacityOptionType: spot ? CapacityOptionType.SPOT : CapacityOptionType.ON_DEMAND,
      propagateTags: PropagateManagedInstancesTags.CAPACITY_PROVIDER,
      instanceRequirements: {
        vCpuCountMin: 4,
        memoryMin: Size.gibibytes(16),
        acceleratorTypes: [AcceleratorType.GPU],
        acceleratorManufacturers: [AcceleratorManufacturer.NVIDIA],
        acceleratorCountMin: gpuCount,
        acceleratorCountMax: gpuCount,
        allowedInstanceTypes: [...instanceTypes],
      },
    });
    const resource = this.provider.node.defaultChild;
    if (resource instanceof CfnCapacityProvider) {
      resource.addPropertyOverride(
        'ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter',
        scaleInAfter.toSeconds(),
      );
    }
    cluster.addManagedInstancesCapacityProvider(this.provider);
    this.acknowledge();
  }

  private acknowledge(): void {
    Validations.of(this.provider.infrastructureRole).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances]',
      reason:
        'ECS alone assumes the role, and AWS keeps the policy in step with what ECS needs to start and stop instances.',
    });
    Validations.of(this.provider).acknowledge(
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'ecs:DiscoverPollEndpoint, by which an instance finds ECS, takes no resource.',
      },
      {
        id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:container-instance/*]',
        reason:
          'An instance reports on itself under an id that ECS makes when it registers; the policy is that of the CDK.',
      },
    );
  }
}

function checkedScaleIn(duration: Duration): Duration {
  const seconds = duration.toSeconds();
  if (seconds <= 3600) return duration;
  throw new InfraError('INVALID_PROPS', `scaleInAfter is ${seconds} s; ECS takes an hour at most.`);
}
