/** Runs the goldens of a model, each once. */
import { type GoldenCheck, type LoadedModel, PilotlightError } from '@pilotlight/engine';

/** Stops between two goldens once `milliseconds` are over; at least one runs. Nothing for a model whose runtime has none. It never rejects. */
export async function runGoldens(
  model: GoldenModel,
  milliseconds: number,
): Promise<readonly Partial<GoldenCheck>[]> {
  const checks: Partial<GoldenCheck>[] = [];
  if (!model.checkGolden) return checks;
  const end = performance.now() + milliseconds;
  const lines = new Set<number | undefined>();
  do {
    const check = await runGolden(model);
    // Goldens come round again.
    if (lines.has(check.line)) break;
    lines.add(check.line);
    checks.push(check);
  } while (performance.now() < end);
  return checks;
}

export type GoldenModel = Pick<LoadedModel, 'checkGolden'>;

/** Whether a model answers otherwise than its golden says, or does not answer. */
export const isFault = ({ drift }: Partial<GoldenCheck>): boolean => drift === undefined || drift > 1;

/**
 * Runs the next golden. Nothing for a model whose runtime has none. It never rejects: `failed` gets the error of one that could not be
 * run.
 */
export async function runGolden(
  model: GoldenModel,
  failed: (error: unknown) => void = () => {},
): Promise<Partial<GoldenCheck>> {
  try {
    return (await model.checkGolden?.()) ?? {};
  } catch (error) {
    failed(error);
    return { problem: PilotlightError.is(error) ? error.message : 'The golden could not be run.' };
  }
}
