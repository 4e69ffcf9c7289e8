import { Size, Validations } from 'aws-cdk-lib';
import { AcceleratorManufacturer, AcceleratorType, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  CapacityOptionType,
  CfnCapacityProvider,
  type Cluster,
  ManagedInstancesCapacityProvider,
  PropagateManagedInstancesTags,
} from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { ServerNetwork } from './network.ts';
import type { gpuSchema } from './schema.ts';

export interface ServerCapacityProps extends z.output<typeof gpuSchema> {
  readonly cluster: Cluster;
  readonly network: ServerNetwork;
}

/** Instances with GPUs that ECS starts for tasks, patches, and stops when none is left. */
export class ServerCapacity extends Construct {
  readonly provider: ManagedInstancesCapacityProvider;
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: ServerCapacityProps) {
    super(scope, id);
    const { cluster, network, instanceTypes, count: gpuCount, spot } = props;
    this.securityGroup = new SecurityGroup(this, 'Instances', {
      vpc: network.vpc,
      description: 'Instances that run tasks of Pilotlight: nobody connects to them',
    });
    this.provider = new ManagedInstancesCapacityProvider(this, 'Provider', {
      subnets: [...network.subnets],
      securityGroups: [this.securityGroup],
      taskVolumeStorage: Size.gibibytes(props.storageGibibytes),
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
        props.scaleInAfterMinutes * 60,
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
