/** Whether a deployed function answers its goldens: before it has traffic, and whenever somebody asks. */
import type { Invocation } from './lambda-invoker.ts';
import { type SelfCheck, WARM_UP_SOURCE, type WarmUpEvent, warmUpReportSchema } from './warm-up.ts';

/** Asks for every golden of every model: packages have fewer, and a version runs none twice. */
export const EVERY_GOLDEN: WarmUpEvent = { source: WARM_UP_SOURCE, goldens: 1000 };

export interface Expectations {
  /** Models that must answer as their goldens say: `name` or `name@version`. None stands for whatever the function has. */
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
  /** Models that ran goldens, as `name@version`. */
  readonly models: readonly string[];
  /** Goldens that were run. */
  readonly goldens: number;
  /** The largest of all goldens. */
  readonly drift: number;
}

/** Judges the answer to a warm-up that asked for goldens of every model. */
export function judge(invocation: Invocation, { models, toleratedDrift }: Expectations): Verdict {
  if ('failure' in invocation) return refusal(`The version cannot be checked: ${invocation.failure}`);
  const report = warmUpReportSchema.safeParse(invocation.answer);
  if (!report.success || report.data.selfChecks === undefined) {
    const answer = JSON.stringify(invocation.answer).slice(0, 300);
    return refusal(`The version does not check goldens when it is asked to; it answered ${answer}`);
  }
  const { selfChecks } = report.data;
  const missing = models.filter((model) => !selfChecks.some(({ model: ref }) => isVersionOf(ref, model)));
  const wrong = selfChecks.filter(({ drift }) => drift === undefined || !(drift <= toleratedDrift));
  if (selfChecks.length === 0 && missing.length === 0)
    return refusal('No model with goldens is in memory, so that nothing could be checked');
  return {
    faults: [
      ...missing.map((model) => ({ message: 'A model of the version is not in memory', model })),
      ...wrong.map((check) => ({ message: describeFault(check), ...check })),
    ],
    models: [...new Set(selfChecks.map(({ model }) => model))],
    goldens: selfChecks.length,
    drift: Math.max(0, ...selfChecks.map(({ drift = 0 }) => drift)),
  };
}

function describeFault({ drift }: SelfCheck): string {
  return drift === undefined
    ? 'A golden of the version could not be run or compared'
    : 'An answer of the version deviates from its golden by more than is tolerated';
}

/** Whether `ref`, a `name@version`, is the model that is meant by `name` or `name@version`. */
export function isVersionOf(ref: string, model: string): boolean {
  return ref === model || ref.startsWith(`${model}@`);
}

const refusal = (message: string): Verdict => ({ faults: [{ message }], models: [], goldens: 0, drift: 0 });
