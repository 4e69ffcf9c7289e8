import { Token } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  type SubnetConfiguration,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { type LoggingProps, logGroup } from '../common/execution-role.ts';
import { limitToAccount, limitToAccountAndRegistry } from './endpoint-policies.ts';

/** Address range and zones of a VPC that is made here. */
interface OwnNetwork {
  /** @default '10.97.0.0/22' */
  readonly cidr?: string;
  /** Availability zones, two at least, such as those that have the instance type. @default - the first two of the region */
  readonly zones?: readonly string[];
}

/** The network of the tasks; ADR-network.md has what each costs. */
export type ServerNetworkChoice =
  /** A VPC without a way to the Internet: AWS services are reached by endpoints. */
  | ({ readonly kind: 'endpoints' } & OwnNetwork)
  /** A VPC whose tasks reach the Internet through one NAT gateway. Functions that call the server do not. */
  | ({ readonly kind: 'nat' } & OwnNetwork)
  /** A VPC that is there, from whose subnets ECS, ECR, S3, SQS and CloudWatch Logs can be reached. */
  | { readonly kind: 'given'; readonly vpc: IVpc; readonly subnets?: SubnetSelection };

/** The services that an instance and its tasks call, beside S3: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html */
const ENDPOINTS = {
  Ecs: InterfaceVpcEndpointAwsService.ECS,
  EcsAgent: InterfaceVpcEndpointAwsService.ECS_AGENT,
  EcsTelemetry: InterfaceVpcEndpointAwsService.ECS_TELEMETRY,
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
} as const;
/** A function that calls the server queues jobs; what else it calls outside of the VPC is S3, DynamoDB and perhaps other functions. */
const ENDPOINTS_OF_CALLERS = { Sqs: ENDPOINTS.Sqs } as const;
const LAMBDA = { Lambda: InterfaceVpcEndpointAwsService.LAMBDA } as const;

export interface ServerNetworkProps {
  readonly network: ServerNetworkChoice;
  /** See `InferenceServerProps`. */
  readonly callersInvoke: boolean;
  /** How logs of refused connections are kept. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** Subnets in two zones or more for load balancer and tasks, none of them public. */
export class ServerNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** The subnets of functions that call the server: no route leads to the Internet, unless they are given. */
  readonly callerSubnets: readonly ISubnet[];
  /** The security group of the endpoints, which lets nobody in by itself; undefined without endpoints. */
  readonly endpoints: SecurityGroup | undefined;
  /** Ends the ids of what belongs to one network and cannot move to another. */
  readonly mark: string;

  constructor(scope: Construct, props: ServerNetworkProps) {
    const { network, callersInvoke } = props;
    const mark = markOf(network);
    super(scope, `Network${mark}`);
    this.mark = mark;
    if (network.kind === 'given') {
      this.vpc = network.vpc;
      this.subnets = network.vpc.selectSubnets(
        network.subnets ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ).subnets;
      this.callerSubnets = this.subnets;
      return;
    }
    const vpc = this.ownVpc(network, props);
    // `Vpc` declares optional properties as undefined where `IVpc` has them absent.
    this.vpc = vpc as IVpc;
    this.subnets = network.kind === 'nat' ? vpc.privateSubnets : vpc.isolatedSubnets;
    this.callerSubnets = vpc.isolatedSubnets;
    this.endpoints = this.addEndpoints(vpc, {
      ...(network.kind === 'nat' ? ENDPOINTS_OF_CALLERS : ENDPOINTS),
      ...(callersInvoke && LAMBDA),
    });
  }

  private ownVpc({ kind, cidr, zones }: OwnChoice, props: ServerNetworkProps): Vpc {
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(cidr ?? '10.97.0.0/22'),
      ...(zones ? { availabilityZones: [...zones] } : { maxAzs: 2 }),
      natGateways: kind === 'nat' ? 1 : 0,
      // The L2 construct would restrict it by a custom resource, and nothing joins the default security group.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: SUBNETS[kind],
    });
    limitToAccountAndRegistry(vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 }));
    limitToAccount(vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB }));
    vpc.addFlowLog('Rejected', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup(this, 'FlowLogs', props.logging)),
      trafficType: FlowLogTrafficType.REJECT,
    });
    return vpc;
  }

  /** Adds the endpoints in one zone: each zone would cost as much again, and tasks of the other zone reach them too. */
  private addEndpoints(
    vpc: Vpc,
    services: Readonly<Record<string, InterfaceVpcEndpointAwsService>>,
  ): SecurityGroup {
    const securityGroup = new SecurityGroup(this, 'Endpoints', {
      vpc: vpc as IVpc,
      allowAllOutbound: false,
    });
    for (const [id, service] of Object.entries(services)) {
      const endpoint = vpc.addInterfaceEndpoint(id, {
        service,
        securityGroups: [securityGroup],
        subnets: { subnets: vpc.isolatedSubnets.slice(0, 1) },
        open: false,
      });
      limitToAccount(endpoint, { isRegistry: service.shortName.startsWith('ecr') });
    }
    return securityGroup;
  }
}

type OwnChoice = Exclude<ServerNetworkChoice, { kind: 'given' }>;

const SUBNETS: Readonly<Record<OwnChoice['kind'], SubnetConfiguration[]>> = {
  endpoints: [{ name: 'tasks', subnetType: SubnetType.PRIVATE_ISOLATED }],
  nat: [
    { name: 'nat', subnetType: SubnetType.PUBLIC, cidrMask: 28, mapPublicIpOnLaunch: false },
    { name: 'tasks', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    { name: 'callers', subnetType: SubnetType.PRIVATE_ISOLATED },
  ],
};

/**
 * Marks a network by what cannot change in it, so that another choice makes another network beside the old one. Two VPCs may
 * have the same addresses, and two subnets of one may not. The default has no mark.
 */
function markOf(network: ServerNetworkChoice): string {
  const parts =
    network.kind === 'given'
      ? ['given', Token.isUnresolved(network.vpc.vpcId) ? '' : network.vpc.vpcId]
      : [network.kind === 'endpoints' ? '' : network.kind, network.cidr ?? '', ...(network.zones ?? [])];
  return parts
    .filter((part) => part !== '' && !Token.isUnresolved(part))
    .map((part) => `-${part.replaceAll(/[^\w-]/g, '-')}`)
    .join('');
}
