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
import { AccessLogBucket } from '../common/access-log-bucket.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import type { ServerNetwork } from './network.ts';
import type { ServerMetrics } from './server.ts';
import { SERVER_PORT } from './task.ts';

const ACCESS_LOG_PREFIX = 'load-balancer';
/** How long a connection may be silent. The server keeps its side open for longer, so that it never closes one in use. */
export const IDLE_TIMEOUT = Duration.seconds(60);
/** How long a task that stops may take for requests under way; no caller waits longer, because API Gateway does not. */
export const DRAIN_TIME = Duration.seconds(30);

export interface ServerLoadBalancerProps {
  readonly network: ServerNetwork;
  /** @default - a bucket of its own */
  readonly accessLogBucket?: IBucket;
  readonly removalPolicy: RemovalPolicy;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps | undefined;
}

/** An internal load balancer that only those of one security group reach, and the targets behind it. */
export class ServerLoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly targets: ApplicationTargetGroup;
  /** The security group of the callers. */
  readonly callers: SecurityGroup;
  readonly accessLogBucket: IBucket;
  readonly requests: Metric;
  readonly metrics: ServerMetrics;

  constructor(scope: Construct, id: string, props: ServerLoadBalancerProps) {
    super(scope, id);
    const { network, removalPolicy, logging } = props;
    const { vpc } = network;
    const vpcSubnets = { subnets: [...network.subnets] };
    this.accessLogBucket =
      props.accessLogBucket ??
      new AccessLogBucket(this, 'AccessLogs', { removalPolicy, ...(logging && { logging }) }).bucket;
    this.callers = new SecurityGroup(this, 'Callers', {
      vpc,
      description: 'Functions that call the load balancer',
      allowAllOutbound: false,
    });
    // The addresses of S3 are known to a lookup in the account only; no route leads anywhere else from the callers' subnets.
    this.callers.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'To S3, by its gateway endpoint');
    const group = new SecurityGroup(this, 'Group', {
      vpc,
      description: 'Load balancer',
      allowAllOutbound: false,
    });
    group.connections.allowFrom(this.callers, Port.tcp(80), 'From functions');
    network.endpoints?.connections.allowFrom(this.callers, Port.tcp(443), 'From functions');
    // A load balancer cannot move to another VPC, so a new network gets a new one.
    this.loadBalancer = new ApplicationLoadBalancer(this, `Balancer${network.mark}`, {
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
      port: SERVER_PORT,
      deregistrationDelay: DRAIN_TIME,
      healthCheck: { path: routes.ready.path, interval: Duration.seconds(10), healthyThresholdCount: 2 },
    });
    this.listener = this.loadBalancer.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: false,
      defaultTargetGroups: [this.targets],
    });
    // Metrics cut names out of the ARN, and linters know no function that does so with an output that is read directly.
    CrossStackReferences.of(this.listener).produce(ReferenceStrength.STRONG);
    this.requests = this.loadBalancer.metrics.requestCount();
    this.metrics = {
      healthyTasks: this.targets.metrics.healthyHostCount(),
      requests: this.requests,
      responseTime: this.loadBalancer.metrics.targetResponseTime(),
      serverErrors: this.loadBalancer.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT),
    };
  }

  /** Does what `logAccessLogs` does, which needs a region at synth because it looks up old accounts of the service. */
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
        // The key names the account. A condition on the source would refuse the test file that the service writes first:
        // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
        resources: [bucket.arnForObjects(`${ACCESS_LOG_PREFIX}/AWSLogs/${account}/*`)],
      }),
    );
    if (policyDependable) loadBalancer.node.addDependency(policyDependable);
  }
}
