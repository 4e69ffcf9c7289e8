/**
 * `node functions/server/provider-report.ts [--json]`: which execution provider the server would use on this machine, what each
 * needs and what of it is missing. Exit codes: 0 there is one, 1 there is none that the environment allows, 2 wrong usage.
 */
import { parseArgs } from 'node:util';
import { invalidEnvironment, listFaults } from '@pilotlight/app/internal/settings/environment-settings';
import { executionProviderSettings } from '@pilotlight/app/internal/settings/execution-provider';
import * as z from 'zod/mini';
import { chooseExecutionProvider } from './execution-provider/choose.ts';
import { reportText } from './execution-provider/report.ts';

const USAGE = 'Usage: node functions/server/provider-report.ts [--json]\n';

function wantsJson(): boolean | undefined {
  try {
    return parseArgs({ options: { json: { type: 'boolean', default: false } } }).values.json;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return undefined;
  }
}

async function main(): Promise<number> {
  const json = wantsJson();
  if (json === undefined) return 2;
  const settings = z.object(executionProviderSettings).safeParse(process.env);
  if (!settings.success) {
    process.stderr.write(`${invalidEnvironment(listFaults(settings.error)).message}\n`);
    return 2;
  }
  const { PILOTLIGHT_EXECUTION_PROVIDER: forced, PILOTLIGHT_REQUIRE_GPU: requireGpu } = settings.data;
  const report = await chooseExecutionProvider({ forced, requireGpu });
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  return report.chosen === undefined ? 1 : 0;
}

process.exitCode = await main();
