import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge, formatReference } from '../../common/acknowledgements.ts';
import { BundledFunction } from '../../common/bundled-function.ts';
import type { LoggingProps } from '../../common/execution-role.ts';

export interface PreTrafficHookProps {
  /** Its version is the one to check. */
  readonly alias: Alias;
  /** Models that must answer as their goldens say, by name or by name and version. */
  readonly models: readonly string[];
  /** Deviation of goldens over their tolerance that is accepted. */
  readonly toleratedDrift: number;
  /** Whether X-Ray traces the hook. @default false */
  readonly tracing?: boolean;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** Has a new version run the goldens of its models before CodeDeploy gives it any traffic. */
export class PreTrafficHook extends BundledFunction {
  constructor(scope: Construct, id: string, props: PreTrafficHookProps) {
    const { lambda, version } = props.alias;
    super(scope, id, {
      name: 'pre-traffic-hook',
      description: 'Pilotlight: checks a new version of an inference function before it gets traffic',
      memoryMegabytes: 256,
      // The function that the hook invokes may take this long.
      timeout: Duration.minutes(15),
      environment: {
        PILOTLIGHT_VERSION_ARN: version.functionArn,
        PILOTLIGHT_MODELS: props.models.join(','),
        PILOTLIGHT_TOLERATED_DRIFT: String(props.toleratedDrift),
      },
      tracing: props.tracing ?? false,
      ...(props.logging && { logging: props.logging }),
      withoutFailures: 'CodeDeploy fails a deployment whose hook does not report: no event is left over.',
    });
    const versions = `${lambda.functionArn}:*`;
    this.role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [versions] }));
    acknowledge(
      this.role,
      `AwsSolutions-IAM5[Resource::${formatReference(Stack.of(this).resolve(lambda.functionArn))}:*]`,
      'Versions of one function: a permission for the newest alone might take effect after its check.',
    );
  }
}
