/** Whether a new version may have traffic. */
import type { Invocation } from '@pilotlight/app/internal/aws/lambda-invoker';
import { type SelfCheck, warmUpReportSchema } from '@pilotlight/app/internal/aws/warm-up';

export interface Expectations {
  /** Models that must answer as their goldens say: `name` or `name@version`. */
  readonly models: readonly string[];
  /** Deviation over tolerance that is accepted: 1 is what a package promises. */
  readonly toleratedDrift: number;
}

/** One reason to refuse a version. `model` and `line` of its goldens.jsonl where it is about a golden. */
export interface Fault {
  readonly message: string;
  readonly model?: string;
  readonly line?: number | undefined;
  readonly drift?: number | undefined;
  readonly problem?: string | undefined;
}

export interface Verdict {
  /** None where the version may have traffic. */
  readonly faults: readonly Fault[];
  /** Goldens that were run. */
  readonly goldens: number;
  /** The largest of all goldens. */
  readonly drift: number;
}

/** Judges the answer to a warm-up that asked for goldens of every model. */
export function judge(invocation: Invocation, { models, toleratedDrift }: Expectations): Verdict {
  if ('failure' in invocation) return refusal(`The new version cannot be checked: ${invocation.failure}`);
  const report = warmUpReportSchema.safeParse(invocation.answer);
  if (!report.success || report.data.selfChecks === undefined) {
    const answer = JSON.stringify(invocation.answer).slice(0, 300);
    return refusal(`The new version does not check goldens when it is asked to; it answered ${answer}`);
  }
  const { selfChecks } = report.data;
  const missing = models.filter((model) => !selfChecks.some(({ model: ref }) => isVersionOf(ref, model)));
  const wrong = selfChecks.filter(({ drift }) => drift === undefined || !(drift <= toleratedDrift));
  return {
    faults: [
      ...missing.map((model) => ({ message: 'A model of the new version is not in memory', model })),
      ...wrong.map((check) => ({ message: describeFault(check), ...check })),
    ],
    goldens: selfChecks.length,
    drift: Math.max(0, ...selfChecks.map(({ drift = 0 }) => drift)),
  };
}

function describeFault({ drift }: SelfCheck): string {
  return drift === undefined
    ? 'A golden of the new version could not be run or compared'
    : 'An answer of the new version deviates from its golden by more than is tolerated';
}

function isVersionOf(ref: string, model: string): boolean {
  return ref === model || ref.startsWith(`${model}@`);
}

const refusal = (message: string): Verdict => ({ faults: [{ message }], goldens: 0, drift: 0 });
