import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { type LoggingProps, logGroup } from '../common/execution-role.ts';

/** The network of the tasks; ADR-network.md has what each costs. */
export type ServerNetworkChoice =
  /** A VPC without a way to the Internet: AWS services are reached by endpoints. */
  | { readonly kind: 'endpoints'; readonly cidr?: string }
  /** A VPC whose tasks reach the Internet through one NAT gateway. */
  | { readonly kind: 'nat'; readonly cidr?: string }
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

export interface ServerNetworkProps {
  /** @default {kind: 'endpoints'} */
  readonly network?: ServerNetworkChoice;
  /** How logs of refused connections are kept. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** Subnets in two zones for load balancer and tasks, none of them public. */
export class ServerNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** The security group of the endpoints, which lets nobody in by itself; undefined without endpoints. */
  readonly endpoints: SecurityGroup | undefined;

  constructor(scope: Construct, id: string, props: ServerNetworkProps) {
    super(scope, id);
    const { network = { kind: 'endpoints' } } = props;
    if (network.kind === 'given') {
      this.vpc = network.vpc;
      this.subnets = network.vpc.selectSubnets(
        network.subnets ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ).subnets;
      return;
    }
    const vpc = this.ownVpc(network, props);
    // `Vpc` declares optional properties as undefined where `IVpc` has them absent.
    this.vpc = vpc as IVpc;
    this.subnets = network.kind === 'nat' ? vpc.privateSubnets : vpc.isolatedSubnets;
    if (network.kind === 'endpoints') this.endpoints = this.addEndpoints(vpc);
  }

  private ownVpc(network: { kind: 'endpoints' | 'nat'; cidr?: string }, props: ServerNetworkProps): Vpc {
    const nat = network.kind === 'nat';
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(network.cidr ?? '10.97.0.0/22'),
      maxAzs: 2,
      natGateways: nat ? 1 : 0,
      // The L2 construct would restrict it by a custom resource, and nothing joins the default security group.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        ...(nat
          ? [{ name: 'nat', subnetType: SubnetType.PUBLIC, cidrMask: 28, mapPublicIpOnLaunch: false }]
          : []),
        { name: 'tasks', subnetType: nat ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED },
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    vpc.addFlowLog('Rejected', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup(this, 'FlowLogs', props.logging)),
      trafficType: FlowLogTrafficType.REJECT,
    });
    return vpc;
  }

  /** Adds the endpoints in one zone: each zone would cost as much again, and tasks of the other zone reach them too. */
  private addEndpoints(vpc: Vpc): SecurityGroup {
    const securityGroup = new SecurityGroup(this, 'Endpoints', {
      vpc: vpc as IVpc,
      allowAllOutbound: false,
    });
    for (const [id, service] of Object.entries(ENDPOINTS)) {
      vpc.addInterfaceEndpoint(id, {
        service,
        securityGroups: [securityGroup],
        subnets: { subnets: vpc.isolatedSubnets.slice(0, 1) },
        open: false,
      });
    }
    return securityGroup;
  }
}
