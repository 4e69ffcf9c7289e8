/** Whether a new revision may have traffic. */
import { type GoldenReport, goldenReportSchema } from '@pilotlight/app/internal/aws/golden-report';
import type { Check } from './event.ts';

/** The reason against a revision, in a sentence; `again` where another try may end otherwise. */
export interface Fault {
  readonly message: string;
  readonly again: boolean;
}

/** Judges one answer to the question for goldens. There is none where the revision may have traffic. */
export function judge(status: number, body: string, check: Check): Fault | undefined {
  if (status !== 200) {
    // Lambda starts environments, or an earlier check still occupies them.
    const again = status === 429 || status >= 500;
    return { message: `The new revision answers ${status}: ${body.slice(0, 300)}`, again };
  }
  const report = goldenReportSchema.safeParse(parseJson(body));
  if (!report.success) {
    const message = `The new revision does not report its goldens; it answers ${body.slice(0, 300)}`;
    return { message, again: false };
  }
  const message = explain(report.data, check);
  return message === undefined ? undefined : { message, again: false };
}

function explain({ models, goldens, problems, drift }: GoldenReport, check: Check): string | undefined {
  if (models < check.Models) {
    return `Of ${check.Models} models of the new revision, ${models} could be checked: the others were not loaded, and the log of the web function says why.`;
  }
  if (problems > 0) {
    return `Of ${goldens} goldens of the new revision, ${problems} could not be run or compared: the log of the web function names them.`;
  }
  if (drift > check.ToleratedDrift) {
    return `An answer of the new revision deviates from its golden by ${drift} tolerances, and ${check.ToleratedDrift} are accepted: the log of the web function names the model.`;
  }
  return undefined;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
