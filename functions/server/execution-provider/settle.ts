/** Makes the choice for a server: it is logged once, or refused before anything is loaded. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { type ExecutionProvider, PilotlightError } from '@pilotlight/engine';
import { type ChoiceDependencies, chooseExecutionProvider } from './choose.ts';
import { type ExecutionProviderReport, reportText } from './report.ts';

export interface ProviderSettings {
  readonly PILOTLIGHT_EXECUTION_PROVIDER?: ExecutionProvider | undefined;
  readonly PILOTLIGHT_REQUIRE_GPU: boolean;
}

export interface Settled extends ExecutionProviderReport {
  readonly chosen: ExecutionProvider;
}

/**
 * @throws PilotlightError EXECUTION_PROVIDER_UNAVAILABLE, after the whole report went to stderr, where the provider that is asked
 * for, or a GPU, cannot be had.
 */
export async function settleExecutionProvider(
  { PILOTLIGHT_EXECUTION_PROVIDER: forced, PILOTLIGHT_REQUIRE_GPU: requireGpu }: ProviderSettings,
  logger: Pick<Logger, 'info'>,
  parts?: ChoiceDependencies,
): Promise<Settled> {
  const report = await chooseExecutionProvider({ forced, requireGpu }, parts);
  const { chosen, candidates } = report;
  if (chosen === undefined) {
    process.stderr.write(reportText(report));
    const asked = requireGpu
      ? 'PILOTLIGHT_REQUIRE_GPU is set, and no GPU can be used'
      : `PILOTLIGHT_EXECUTION_PROVIDER is ${forced}, which cannot be used`;
    throw new PilotlightError(
      'EXECUTION_PROVIDER_UNAVAILABLE',
      `${asked} here. The report before this line says what is missing and what to do.`,
    );
  }
  logger.info('Execution provider', { chosen, forced: report.forced, candidates });
  return { ...report, chosen };
}
