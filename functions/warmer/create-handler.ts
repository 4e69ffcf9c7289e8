/** The warmer: keeps execution environments of a function warm, on a schedule. */
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { Invoke } from '@pilotlight/app/internal/aws/lambda-invoker';
import { addMetrics } from '@pilotlight/app/internal/telemetry/emf';
import { explainIssue, PilotlightError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { HOLDS_MS, type WarmUpResult, warm } from './warm.ts';

/** Environments that one invocation can keep busy at once. */
export const MAXIMUM_CONCURRENCY = 500;

const warmerEventSchema = z.object({
  /** The function and its alias or version: an ARN, a partial ARN or `name:alias`. */
  functionName: z
    .string('is missing')
    .check(z.regex(/^[\w:.$-]{1,170}$/, 'must name a function and its alias')),
  /** Environments to have warm. */
  concurrency: z
    .int('must be a whole number')
    .check(
      z.minimum(1, 'must be at least 1'),
      z.maximum(MAXIMUM_CONCURRENCY, `must be at most ${MAXIMUM_CONCURRENCY}`),
    ),
});
export type WarmerEvent = z.infer<typeof warmerEventSchema>;

export class WarmerError extends PilotlightError<'INVALID_EVENT' | 'WARM_UP_INCOMPLETE'> {
  override readonly name = 'WarmerError';
}

export interface WarmerDependencies {
  readonly invoke: Invoke;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds for which the invocations of each try are held. @default HOLDS_MS */
  readonly holdsMs?: readonly number[];
}

/** The part of Lambda's context that the warmer reads. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** The time that is kept for metrics and the answer after the last invocation was given up. */
const CLOSING_MS = 1000;

/**
 * Takes `{functionName, concurrency}`. EventBridge Scheduler invokes asynchronously, so that what this throws goes to the
 * dead-letter queue of the warmer function itself; that of the schedule gets what could not be delivered.
 *
 * @throws WarmerError INVALID_EVENT; WARM_UP_INCOMPLETE where fewer environments than `concurrency` answered.
 */
export function createHandler({ invoke, logger, metrics, holdsMs = HOLDS_MS }: WarmerDependencies) {
  return async (event: unknown, context: LambdaContext): Promise<WarmUpResult> => {
    const { functionName, concurrency } = parseEvent(event);
    const remaining = context.getRemainingTimeInMillis() - CLOSING_MS;
    const result = await warm(functionName, concurrency, {
      invoke,
      holdsMs,
      signal: AbortSignal.timeout(Math.max(0, remaining)),
    });
    emit(metrics, functionName, result);
    if (result.environments >= concurrency) {
      logger.info('Environments are warm', { functionName, concurrency, ...result });
      return result;
    }
    throw new WarmerError(
      'WARM_UP_INCOMPLETE',
      `${result.environments} of ${concurrency} environments of ${functionName} are warm after ${result.tries} tries. ` +
        `${result.failures.join('; ') || 'The others did not run at the same time'}.`,
    );
  };
}

function parseEvent(event: unknown): WarmerEvent {
  const parsed = warmerEventSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the event'} ${explainIssue(issue)}`,
  );
  throw new WarmerError(
    'INVALID_EVENT',
    `The event is not {"functionName": string, "concurrency": number}: ${issues.join('; ')}.`,
  );
}

function emit(metrics: Metrics, functionName: string, result: WarmUpResult): void {
  metrics.addDimension('function_name', parseFunctionName(functionName));
  addMetrics(metrics, {
    WarmEnvironments: result.environments,
    ...(result.coldStarts > 0 && { WarmUpColdStarts: result.coldStarts }),
    WarmUpTime: result.ms,
  });
  metrics.publishStoredMetrics();
}

/** The name in an ARN, `arn:aws:lambda:region:account:function:name:alias`, or in `name:alias`. */
function parseFunctionName(functionName: string): string {
  const [, name] = /(?:^|:function:)([\w-]+)(?::[\w$-]+)?$/.exec(functionName) ?? [];
  return name ?? functionName;
}
