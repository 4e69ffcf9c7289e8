import { SERVICE, type VersionMetricName } from '@pilotlight/app/internal/telemetry/metric-names';
import { Annotations, Duration, Names, Stack, Token } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from '../../common/acknowledgements.ts';
import type { LoggingProps } from '../../common/execution-role.ts';
import { checkSettings } from '../../common/problems.ts';
import { PreTrafficHook } from './pre-traffic-hook.ts';
import { type CanaryOptions, canarySchema } from './schema.ts';
import { SESSION_MINUTES, TRAFFIC_SHIFTS, type TrafficShift } from './traffic-shifts.ts';

export interface CanaryProps extends CanaryOptions {
  readonly alias: Alias;
  /** Models that the function serves and preloads, by name or by name and version. */
  readonly models: readonly string[];
  /** Namespace of the function's metrics. */
  readonly metricsNamespace: string;
  /** Whether X-Ray traces the hook. @default false */
  readonly tracing?: boolean;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/**
 * Moves the alias to a new version little by little with CodeDeploy, once that version has answered its goldens, and back
 * when an alarm rings: invocations of the new version that fail, its answers of 5xx, or its goldens that drift. The reasons
 * why the alarms watch one version each, by a name of its own, are in ADR-canary-alarms.md.
 */
export class Canary extends Construct {
  readonly deploymentGroup: LambdaDeploymentGroup;
  readonly alarms: readonly Alarm[];
  /** Fails a deployment before there is traffic if a golden of the new version drifts or cannot be run. */
  readonly preTrafficHook: PreTrafficHook;
  readonly #alias: Alias;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: CanaryProps) {
    super(scope, id);
    const { alias, models, metricsNamespace, tracing = false, logging, ...data } = props;
    const { traffic, toleratedErrors, toleratedDrift } = checkSettings(scope, id, canarySchema, data);
    this.#alias = alias;
    this.preTrafficHook = new PreTrafficHook(this, 'PreTraffic', {
      alias,
      models,
      toleratedDrift,
      tracing,
      ...(logging && { logging }),
    });
    const role = this.#role();
    const serverErrors = versionMetric(alias, metricsNamespace, 'VersionErrors', Stats.SUM);
    const drift = versionMetric(alias, metricsNamespace, 'VersionDrift', Stats.MAXIMUM);
    this.alarms = [
      this.#alarm('Errors', invocationErrors(alias), toleratedErrors, 'Invocations of the new version fail'),
      this.#alarm(
        'ServerErrors',
        serverErrors,
        toleratedErrors,
        'The new version answers 5xx, or goldens fail',
      ),
      this.#alarm('GoldenDrift', drift, toleratedDrift, 'Answers of the new version deviate from goldens'),
    ];
    this.deploymentGroup = new LambdaDeploymentGroup(this, 'Deployment', {
      alias,
      deploymentConfig: TRAFFIC_SHIFTS[traffic].config,
      alarms: [...this.alarms],
      preHook: this.preTrafficHook.function,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
      // The managed policy that the construct would attach reaches every function of the account.
      role: role.withoutPolicyUpdates(),
    });
    // A change of the alias starts a deployment, so CodeDeploy needs its permissions before.
    alias.node.addDependency(role);
    warnOfLongShift(this, traffic);
  }

  /** An alarm by another name is another alarm: it begins without the state that the old version gave the last one. */
  #alarm(id: string, metric: Metric, threshold: number, what: string): Alarm {
    const { version } = this.#alias.version;
    return metric.createAlarm(this, id, {
      alarmName: `${Names.uniqueResourceName(this, { maxLength: 200, separator: '-' })}-${id}-${version}`,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `${what}: a deployment under way is rolled back.`,
    });
  }

  /** Permits for this function and its hook what AWSCodeDeployRoleForLambdaLimited permits for all functions. */
  #role(): Role {
    const { lambda, aliasName } = this.#alias;
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com', {
        // https://docs.aws.amazon.com/codedeploy/latest/userguide/security_confused_deputy.html
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig'],
        resources: [lambda.functionArn, `${lambda.functionArn}:${aliasName}`],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [this.preTrafficHook.function.functionArn],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:DescribeAlarms'],
        resources: [stack.formatArn({ service: 'cloudwatch', resource: 'alarm:*' })],
      }),
    );
    const reason =
      'CodeDeploy reads states of alarms: CloudWatch permits that for the list of them, not for one.';
    const { partition, region, account } = stack;
    const where = `${shown(region, 'Region')}:${shown(account, 'AccountId')}`;
    acknowledge(
      role,
      `AwsSolutions-IAM5[Resource::arn:${shown(partition, 'Partition')}:cloudwatch:${where}:alarm:*]`,
      reason,
    );
    return role;
  }
}

/** Failed invocations of the version that the alias moves to; Lambda counts them apart while two versions share the traffic. */
function invocationErrors({ lambda, aliasName, version }: Alias): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'Errors',
    dimensionsMap: {
      FunctionName: lambda.functionName,
      Resource: `${lambda.functionName}:${aliasName}`,
      ExecutedVersion: version.version,
    },
    statistic: Stats.SUM,
    period: PERIOD,
  });
}

/** What the function counts of one of its versions, all models together. */
function versionMetric(
  { lambda, version }: Alias,
  namespace: string,
  metricName: VersionMetricName,
  statistic: string,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { service: SERVICE, function_name: lambda.functionName, version: version.version },
    statistic,
    period: PERIOD,
  });
}

/** A pipeline whose session is over cannot wait for the end, and reports a failure though CloudFormation goes on. */
function warnOfLongShift(scope: Construct, traffic: TrafficShift): void {
  const { minutes } = TRAFFIC_SHIFTS[traffic];
  if (minutes <= SESSION_MINUTES) return;
  Annotations.of(scope).addWarningV2(
    'pilotlight:long-shift',
    `${traffic} takes ${minutes} minutes, and a session of a role may last an hour: the command then ends with ExpiredToken while ` +
      'CloudFormation goes on. Choose a shorter shift, or credentials that last.',
  );
}

/** Formats a value as cdk-nag does: itself, or a parameter of CloudFormation in a stack without an environment. */
function shown(value: string, parameter: string): string {
  return Token.isUnresolved(value) ? `<AWS::${parameter}>` : value;
}

const PERIOD = Duration.minutes(1);
