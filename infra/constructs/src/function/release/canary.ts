import { type MetricName, SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { parseModelRef } from '@pilotlight/model-format';
import { Duration, Stack, Token } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from '../../common/acknowledgements.ts';
import type { LoggingProps } from '../../common/execution-role.ts';
import { checkSettings } from '../../common/problems.ts';
import { PreTrafficHook } from './pre-traffic-hook.ts';
import { type CanaryOptions, canarySchema } from './schema.ts';
import { TRAFFIC_SHIFTS } from './traffic-shifts.ts';

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
 * when an alarm rings: invocations that fail, answers of 5xx, or goldens that drift.
 */
export class Canary extends Construct {
  readonly deploymentGroup: LambdaDeploymentGroup;
  readonly alarms: readonly Alarm[];
  /** Fails a deployment before there is traffic if a golden of the new version drifts or cannot be run. */
  readonly preTrafficHook: PreTrafficHook;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: CanaryProps) {
    super(scope, id);
    const { alias, models, metricsNamespace, tracing = false, logging, ...data } = props;
    const { traffic, toleratedErrors, toleratedDrift } = checkSettings(scope, id, canarySchema, data);
    this.preTrafficHook = new PreTrafficHook(this, 'PreTraffic', {
      alias,
      models,
      toleratedDrift,
      tracing,
      ...(logging && { logging }),
    });
    const role = this.#role(alias);
    this.alarms = [
      this.#invocationErrors(alias, toleratedErrors),
      this.#serverErrors(makeMetrics('ServerErrors', models, metricsNamespace, 'Sum'), toleratedErrors),
      this.#drift(makeMetrics('GoldenDrift', models, metricsNamespace, 'Maximum'), toleratedDrift),
    ];
    this.deploymentGroup = new LambdaDeploymentGroup(this, 'Deployment', {
      alias,
      deploymentConfig: TRAFFIC_SHIFTS[traffic],
      alarms: [...this.alarms],
      preHook: this.preTrafficHook.function,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
      // The managed policy that the construct would attach reaches every function of the account.
      role: role.withoutPolicyUpdates(),
    });
    // A change of the alias starts a deployment, so CodeDeploy needs its permissions before.
    alias.node.addDependency(role);
  }

  #invocationErrors(alias: Alias, toleratedErrors: number): Alarm {
    return alias.metricErrors({ period: PERIOD, statistic: 'Sum' }).createAlarm(this, 'Errors', {
      ...ABOVE,
      threshold: toleratedErrors,
      alarmDescription: 'Invocations of the inference function fail: a deployment under way is rolled back.',
    });
  }

  /** Watches answers of 5xx, which are errors of the HTTP app and no failed invocations. */
  #serverErrors(usingMetrics: Record<string, Metric>, toleratedErrors: number): Alarm {
    return this.#alarm('ServerErrors', 'SUM(METRICS())', usingMetrics).createAlarm(this, 'ServerErrors', {
      ...ABOVE,
      threshold: toleratedErrors,
      alarmDescription: 'The inference function answers 5xx: a deployment under way is rolled back.',
    });
  }

  #drift(usingMetrics: Record<string, Metric>, toleratedDrift: number): Alarm {
    return this.#alarm('GoldenDrift', 'MAX(METRICS())', usingMetrics).createAlarm(this, 'GoldenDrift', {
      ...ABOVE,
      threshold: toleratedDrift,
      alarmDescription:
        'Answers deviate from the goldens of a package: a deployment under way is rolled back.',
    });
  }

  #alarm(label: string, expression: string, usingMetrics: Record<string, Metric>): MathExpression {
    return new MathExpression({ label, expression, usingMetrics, period: PERIOD });
  }

  /** Permits for this function and its hook what AWSCodeDeployRoleForLambdaLimited permits for all functions. */
  #role({ lambda, aliasName }: Alias): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codedeploy.amazonaws.com') });
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
        resources: [Stack.of(this).formatArn({ service: 'cloudwatch', resource: 'alarm:*' })],
      }),
    );
    const reason =
      'CodeDeploy reads states of alarms: CloudWatch permits that for the list of them, not for one.';
    const { partition, region, account } = Stack.of(this);
    const where = `${shown(region, 'Region')}:${shown(account, 'AccountId')}`;
    acknowledge(
      role,
      `AwsSolutions-IAM5[Resource::arn:${shown(partition, 'Partition')}:cloudwatch:${where}:alarm:*]`,
      reason,
    );
    return role;
  }
}

/** Formats a value as cdk-nag does: itself, or a parameter of CloudFormation in a stack without an environment. */
function shown(value: string, parameter: string): string {
  return Token.isUnresolved(value) ? `<AWS::${parameter}>` : value;
}

const PERIOD = Duration.minutes(1);
const ABOVE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

function makeMetrics(
  metricName: MetricName,
  models: readonly string[],
  namespace: string,
  statistic: string,
): Record<string, Metric> {
  return Object.fromEntries(
    [...new Set(models.map((ref) => parseModelRef(ref).name))].map((model, index) => [
      `m${index}`,
      new Metric({
        namespace,
        metricName,
        statistic,
        period: PERIOD,
        dimensionsMap: { service: SERVICE, model },
      }),
    ]),
  );
}
