import { routes } from '@pilotlight/app/internal/routes';
import { CrossStackReferences, Duration, ReferenceStrength, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  DesyncMitigationMode,
  HttpCodeTarget,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { AccessLogBucket } from './access-log-bucket.ts';
import type { GpuBackendMetrics } from './gpu-backend.ts';
import { CONTAINER_PORT } from './gpu-container.ts';
import type { GpuNetwork } from './gpu-network.ts';

const ACCESS_LOG_PREFIX = 'load-balancer';
/** How long a connection may be silent. The server keeps its own open for longer, or it would close one that is just used. */
export const IDLE_TIMEOUT = Duration.seconds(60);
/** A task that goes gets no new requests, and this long for those under way: no caller waits longer than API Gateway. */
export const DRAIN_TIME = Duration.seconds(30);

export interface GpuLoadBalancerProps {
  readonly network: GpuNetwork;
  /** @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
  readonly removalPolicy: RemovalPolicy;
}

/** An internal load balancer that only those of one security group reach, and the targets behind it. */
export class GpuLoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly targets: ApplicationTargetGroup;
  /** Of those who may call. */
  readonly callers: SecurityGroup;
  readonly accessLogBucket: IBucket;
  readonly requests: Metric;
  readonly metrics: GpuBackendMetrics;

  constructor(scope: Construct, id: string, props: GpuLoadBalancerProps) {
    super(scope, id);
    const { network, removalPolicy } = props;
    const { vpc } = network;
    const vpcSubnets = { subnets: [...network.subnets] };
    this.accessLogBucket =
      props.accessLogBucket ?? new AccessLogBucket(this, 'AccessLogs', { removalPolicy }).bucket;
    this.callers = new SecurityGroup(this, 'Callers', {
      vpc,
      description: 'Functions that call the load balancer',
      allowAllOutbound: false,
    });
    // The addresses of S3 are known to a lookup in the account only; without NAT no route leads anywhere else.
    this.callers.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'To S3, by its gateway endpoint');
    const group = new SecurityGroup(this, 'Group', {
      vpc,
      description: 'Load balancer',
      allowAllOutbound: false,
    });
    group.connections.allowFrom(this.callers, Port.tcp(80), 'From functions');
    network.endpoints?.connections.allowFrom(this.callers, Port.tcp(443), 'From functions');
    this.loadBalancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      vpcSubnets,
      internetFacing: false,
      securityGroup: group,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      idleTimeout: IDLE_TIMEOUT,
    });
    this.logAccess();
    this.targets = new ApplicationTargetGroup(this, 'Targets', {
      vpc,
      targetType: TargetType.IP,
      protocol: ApplicationProtocol.HTTP,
      port: CONTAINER_PORT,
      deregistrationDelay: DRAIN_TIME,
      healthCheck: { path: routes.ready.path, interval: Duration.seconds(10), healthyThresholdCount: 2 },
    });
    this.listener = this.loadBalancer.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: false,
      defaultTargetGroups: [this.targets],
    });
    // Metrics cut names out of its ARN, and linters know no function that could do so with an output read directly.
    CrossStackReferences.of(this.listener).produce(ReferenceStrength.STRONG);
    this.requests = this.loadBalancer.metrics.requestCount();
    this.metrics = {
      healthyTasks: this.targets.metrics.healthyHostCount(),
      requests: this.requests,
      responseTime: this.loadBalancer.metrics.targetResponseTime(),
      serverErrors: this.loadBalancer.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT),
    };
  }

  /** As `logAccessLogs` does, which asks for a region at synth: for accounts of the service, from before its principal. */
  private logAccess(): void {
    const { accessLogBucket: bucket, loadBalancer } = this;
    const { account } = Stack.of(this);
    loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    loadBalancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    loadBalancer.setAttribute('access_logs.s3.prefix', ACCESS_LOG_PREFIX);
    const { policyDependable } = bucket.addToResourcePolicy(
      new PolicyStatement({
        actions: ['s3:PutObject'],
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        resources: [bucket.arnForObjects(`${ACCESS_LOG_PREFIX}/AWSLogs/${account}/*`)],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    if (policyDependable) loadBalancer.node.addDependency(policyDependable);
  }
}
