/** Every deployment of infra/config, synthesised once, and what its templates hold. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import * as z from 'zod';
import { listDeployments, loadDeployment } from '../../../infra/constructs/src/app/config/load.ts';
import { PilotlightStage } from '../../../infra/constructs/src/app/pilotlight-stage.ts';

/** The configurations of this repository. */
export const CONFIGS = 'infra/config';

const cdkJson = z.object({ app: z.string(), context: z.record(z.string(), z.unknown()) });
/** The command and the context that the CDK's command line gives to the app. */
export const { app: APP_COMMAND, context: CONTEXT } = cdkJson.parse(
  JSON.parse(readFileSync('cdk.json', 'utf8')),
);

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  DeletionPolicy: z.string().optional(),
});
const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema).default({}),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});

export interface Resource extends z.infer<typeof resourceSchema> {
  readonly id: string;
  /** Such as `service`. */
  readonly stack: string;
}

export interface SynthesisedStack {
  /** Such as `service`. */
  readonly name: string;
  readonly file: string;
  readonly terminationProtection: boolean;
  readonly outputs: z.infer<typeof templateSchema>['Outputs'];
  readonly resources: readonly Resource[];
}

export interface SynthesisedDeployment {
  /** Such as `demo.dev`. */
  readonly name: string;
  readonly stage: PilotlightStage;
  readonly outdir: string;
  readonly stacks: readonly SynthesisedStack[];
  readonly resources: readonly Resource[];
}

/** @throws ValidationFailed for a finding of the validator or of cdk-nag in a deployment that `isChecked` */
export async function synthesiseAll(isChecked: (name: string) => boolean): Promise<SynthesisedDeployment[]> {
  const deployments = await Promise.all(
    listDeployments(CONFIGS).map((selection) => loadDeployment(selection, CONFIGS)),
  );
  return deployments.map((deployment) => {
    const name = `${deployment.team}.${deployment.env}`;
    const checked = isChecked(name);
    const outdir = mkdtempSync(join(tmpdir(), 'pilotlight-synth-'));
    const app = new App({ outdir, context: CONTEXT, builtinCloudFormationValidation: checked });
    if (checked) Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    const stage = new PilotlightStage(app, deployment);
    app.synth();
    const stacks = stage.synth().stacks.map((artifact): SynthesisedStack => {
      const template = templateSchema.parse(JSON.parse(readFileSync(artifact.templateFullPath, 'utf8')));
      const stack = artifact.stackName.replace(`${stage.stageName}-`, '');
      const resources = Object.entries(template.Resources).map(([id, resource]) => ({
        ...resource,
        id,
        stack,
      }));
      return {
        ...{ name: stack, resources, outputs: template.Outputs, file: artifact.templateFullPath },
        terminationProtection: artifact.terminationProtection ?? false,
      };
    });
    return { name, stage, outdir, stacks, resources: stacks.flatMap(({ resources }) => resources) };
  });
}
