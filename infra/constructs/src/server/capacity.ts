import { Names, Size, Stack, Validations } from 'aws-cdk-lib';
import { AcceleratorManufacturer, AcceleratorType, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  CapacityOptionType,
  CfnCapacityProvider,
  type Cluster,
  ManagedInstancesCapacityProvider,
  PropagateManagedInstancesTags,
} from 'aws-cdk-lib/aws-ecs';
import { CfnInstanceProfile, CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { ServerNetwork } from './network.ts';
import type { gpuSchema } from './schema.ts';

export interface ServerCapacityProps extends z.output<typeof gpuSchema> {
  readonly cluster: Cluster;
  readonly network: ServerNetwork;
}

const ROLE_PREFIX = 'ecsInstanceRole';
const MAX_ROLE_NAME = 64;
/** A dash, and the longest names of regions, such as ap-southeast-1 and us-gov-west-1, with some room. */
const REGION_LENGTH = 17;

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
    this.nameByRegion();
    this.acknowledge();
  }

  /**
   * Roles and instance profiles of all regions share one list of names. The CDK names these two after their place in the app,
   * which is the same in every region, because ECS may pass on roles alone whose names begin with `ecsInstanceRole`.
   */
  private nameByRegion(): void {
    const place = Names.uniqueResourceName(this, {
      maxLength: MAX_ROLE_NAME - ROLE_PREFIX.length - REGION_LENGTH,
    });
    const name = `${ROLE_PREFIX}${place}-${Stack.of(this).region}`;
    const { defaultChild: role } = this.provider.node.findChild('InstanceRole').node;
    const { defaultChild: profile } = this.provider.node.findChild('InstanceProfile').node;
    if (role instanceof CfnRole) role.roleName = name;
    if (profile instanceof CfnInstanceProfile) profile.instanceProfileName = name;
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
