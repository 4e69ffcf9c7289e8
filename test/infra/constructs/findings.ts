/** Lists what the rule packs of cdk-nag find in a stack. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import * as z from 'zod';

const reportSchema = z.object({
  pluginReports: z.array(
    z.object({
      violations: z.array(
        z.object({
          ruleName: z.string(),
          severity: z.string(),
          violatingConstructs: z.array(z.object({ constructPath: z.string() })),
        }),
      ),
    }),
  ),
});

/** Errors of AwsSolutions and Serverless that nobody has acknowledged, as `rule: path`. */
export function findingsOf(make: (stack: Stack) => void): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'pilotlight-nag-'));
  try {
    const app = new App({
      outdir,
      builtinCloudFormationValidation: false,
      context: { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true },
    });
    make(new Stack(app, 'Stack'));
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    quietly(() => app.synth());
    const report = reportSchema.parse(
      JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')),
    );
    return report.pluginReports
      .flatMap(({ violations }) => violations)
      .filter(({ severity }) => severity === 'error')
      .flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName}: ${constructPath}`),
      );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Findings end a synth with an error, and are read from the report. */
function quietly(synth: () => void): void {
  const { error } = console;
  console.error = () => undefined;
  try {
    synth();
  } catch (failure) {
    if (!(failure instanceof Error && failure.name === 'ValidationFailed')) throw failure;
  } finally {
    console.error = error;
  }
}
