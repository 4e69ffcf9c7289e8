/** Makes a number of execution environments warm by keeping that many invocations open at once. */
import type { Invocation, Invoke } from '@pilotlight/app/internal/aws/lambda-invoker';
import { WARM_UP_SOURCE, type WarmUpReport, warmUpReportSchema } from '@pilotlight/app/internal/aws/warm-up';

/** How long the invocations of each try are held: an environment that answered could take the next one again. */
export const HOLDS_MS: readonly number[] = [1000, 2000, 4000];

export interface WarmUpOptions {
  readonly invoke: Invoke;
  /** Milliseconds of each try. @default HOLDS_MS */
  readonly holdsMs?: readonly number[];
  /** Ends invocations that the warmer has no time left to wait for. */
  readonly signal: AbortSignal;
}

export interface WarmUpResult {
  /** Distinct environments that answered. */
  readonly environments: number;
  /** Those of them that were made by the warm-up. */
  readonly coldStarts: number;
  readonly tries: number;
  readonly ms: number;
  /** The reasons of failures, each once. */
  readonly failures: readonly string[];
}

/**
 * Invokes the function `concurrency` times at once, and again with a longer hold while fewer environments than that
 * have answered. Never throws: what could not be warmed is in the result.
 */
export async function warm(
  functionName: string,
  concurrency: number,
  { invoke, signal, holdsMs = HOLDS_MS }: WarmUpOptions,
): Promise<WarmUpResult> {
  const start = performance.now();
  const environments = new Set<string>();
  const failures = new Set<string>();
  let coldStarts = 0;
  let tries = 0;
  for (const hold of holdsMs) {
    tries += 1;
    const payload = { source: WARM_UP_SOURCE, holdUntil: Date.now() + hold };
    const invocations = await Promise.all(
      Array.from({ length: concurrency }, () => invoke(functionName, payload, signal)),
    );
    const outcomes = invocations.map(judgeInvocation);
    for (const outcome of outcomes) {
      if ('failure' in outcome) failures.add(outcome.failure);
      else {
        environments.add(outcome.environment);
        if (outcome.coldStart) coldStarts += 1;
      }
    }
    const hopeless = outcomes.every((outcome) => 'failure' in outcome && !outcome.retry);
    if (environments.size >= concurrency || hopeless || signal.aborted) break;
  }
  return {
    environments: environments.size,
    coldStarts,
    tries,
    ms: performance.now() - start,
    failures: [...failures],
  };
}

function judgeInvocation(invocation: Invocation): WarmUpReport | Extract<Invocation, { failure: string }> {
  if ('failure' in invocation) return invocation;
  const report = warmUpReportSchema.safeParse(invocation.answer);
  if (report.success) return report.data;
  return {
    failure: `the function did not answer as a warm-up is answered: ${JSON.stringify(invocation.answer).slice(0, 300)}`,
    retry: false,
  };
}
