import { createHash } from 'node:crypto';
import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import type { WebFunction, WebFunctionEndpoint } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { BundledFunction } from '../common/bundled-function.ts';
import type { LoggingProps } from '../common/execution-role.ts';

export interface GoldenGateProps {
  readonly webFunction: WebFunction;
  /** A name for the code of the revision, which changes with it. */
  readonly code: string;
  /** Serves the new revision, before the endpoint that clients call does. */
  readonly preview: WebFunctionEndpoint;
  /** How many models must answer as their goldens say. */
  readonly models: number;
  /** Deviation of goldens over their tolerance that is accepted. */
  readonly toleratedDrift: number;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps | undefined;
}

/** The longest time of a function, which waits for environments to start and for goldens. */
const TIMEOUT = Duration.minutes(15);

/**
 * Has a new revision run the goldens of its models before the endpoint that clients call may lead to it: that endpoint depends on
 * `checked`. ADR-golden-gate.md has the reasons.
 */
export class GoldenGate extends Construct {
  /** Fails the deployment where a golden of the revision drifts or cannot be run. */
  readonly checked: CustomResource;
  readonly gate: BundledFunction;

  constructor(scope: Construct, id: string, props: GoldenGateProps) {
    super(scope, id);
    const { webFunction, code, preview, models, toleratedDrift, logging } = props;
    this.gate = new BundledFunction(this, 'Gate', {
      name: 'revision-gate',
      description: 'Pilotlight: checks a new revision of a web function before it gets traffic',
      memoryMegabytes: 256,
      timeout: TIMEOUT,
      ...(logging && { logging }),
      withoutFailures: 'CloudFormation fails a deployment whose gate does not answer: no event is left over.',
    });
    const granted = preview.grants.invoke(this.gate.role);
    this.checked = new CustomResource(this, `Revision${contentOf(webFunction, code)}`, {
      serviceToken: this.gate.function.functionArn,
      resourceType: 'Custom::PilotlightGoldens',
      serviceTimeout: TIMEOUT,
      properties: {
        Domain: preview.domainName,
        RevisionId: webFunction.revisionId,
        Models: models,
        ToleratedDrift: toleratedDrift,
      },
    });
    this.checked.node.addDependency(preview);
    granted.applyBefore(this.checked);
  }
}

/**
 * A name for what the revision consists of. Each content has a resource of its own, so that a rollback deletes the check of the
 * revision that failed, instead of checking the one before it again.
 */
function contentOf({ resourceRevision }: WebFunction, code: string): string {
  const settings = Stack.of(resourceRevision).resolve(resourceRevision.serviceConfig);
  const content = JSON.stringify([code, settings]);
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
