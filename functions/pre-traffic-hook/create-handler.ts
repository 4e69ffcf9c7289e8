/** The pre-traffic hook: has a new version run its goldens before CodeDeploy gives it any traffic. */
import type { Logger } from '@aws-lambda-powertools/logger';
import type { HookStatus, ReportStatus } from '@pilotlight/app/internal/aws/deployment-hook';
import { EVERY_GOLDEN, type Expectations, judge } from '@pilotlight/app/internal/aws/golden-verdict';
import type { Invoke } from '@pilotlight/app/internal/aws/lambda-invoker';
import { explainIssue, PilotlightError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';

const id = z.string('is missing').check(z.minLength(1, 'is empty'));

/** The event by which CodeDeploy invokes a hook. */
const hookEventSchema = z.object({ DeploymentId: id, LifecycleEventHookExecutionId: id });

export class PreTrafficHookError extends PilotlightError<'INVALID_EVENT' | 'INVALID_CONFIGURATION'> {
  override readonly name = 'PreTrafficHookError';
}

export interface HookDependencies extends Expectations {
  readonly invoke: Invoke;
  readonly report: ReportStatus;
  /** ARN of the new version: the alias still leads to the old one. */
  readonly versionArn: string;
  readonly logger: Logger;
}

/** The part of Lambda's context that the hook reads. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** The time that is kept for the report after an invocation was given up. */
const CLOSING_MS = 60_000;

/**
 * Takes `{DeploymentId, LifecycleEventHookExecutionId}`. Reasons against the version are reported to CodeDeploy and
 * never thrown. CodeDeploy fails a deployment of which it hears nothing within an hour.
 *
 * @throws PreTrafficHookError INVALID_EVENT; what CodeDeploy or the network said where nothing could be reported.
 */
export function createHandler({ invoke, report, versionArn, logger, ...expectations }: HookDependencies) {
  return async (event: unknown, context: LambdaContext): Promise<{ status: HookStatus }> => {
    const execution = parseEvent(event);
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - CLOSING_MS));
    const { faults, goldens, drift } = judge(await invoke(versionArn, EVERY_GOLDEN, signal), expectations);
    const { deploymentId } = execution;
    for (const { message, ...fault } of faults) logger.error(message, { versionArn, deploymentId, ...fault });
    const status = faults.length === 0 ? 'Succeeded' : 'Failed';
    logger.info('The new version was checked', { versionArn, deploymentId, status, goldens, drift });
    await report(execution, status);
    return { status };
  };
}

function parseEvent(event: unknown) {
  const parsed = hookEventSchema.safeParse(event);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'it'} ${explainIssue(issue)}`,
    );
    throw new PreTrafficHookError(
      'INVALID_EVENT',
      `The event is not one of CodeDeploy's, with DeploymentId and LifecycleEventHookExecutionId: ${issues.join('; ')}.`,
    );
  }
  const { DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId } =
    parsed.data;
  return { deploymentId, lifecycleEventHookExecutionId };
}
