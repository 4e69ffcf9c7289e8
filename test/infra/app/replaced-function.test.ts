/** A function that CloudFormation replaces, seen from the stack that watches it. */
import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { defineDeployment } from '../../../infra/constructs/src/app/config/load.ts';
import { PilotlightStage } from '../../../infra/constructs/src/app/pilotlight-stage.ts';
import { CONTEXT } from './deployments.ts';

/** The template of the dashboard and the alarms, as the command line compares it with what is deployed. */
function watching(placement: 'layer' | 'image'): string {
  const app = new App({
    builtinCloudFormationValidation: false,
    context: { ...CONTEXT, 'aws:cdk:disable-asset-staging': true },
  });
  const functions = { main: { models: ['sentiment'], packages: { placement } } };
  const stage = new PilotlightStage(
    app,
    defineDeployment({ team: 'acme', env: 'dev', config: { functions } }),
  );
  const stack = stage.synth().stacks.find(({ stackName }) => stackName.endsWith('-observability'));
  return JSON.stringify(stack?.template);
}

test('a function that becomes an image is another one, and the dashboard and alarms are deployed with its new name', () => {
  const references = (template: string) => new Set(template.match(/\w*main\w*Function\w*/g));
  const [zip, image] = [references(watching('layer')), references(watching('image'))];
  expect(zip.size).toBeGreaterThan(0);
  expect(image.size).toBeGreaterThan(0);
  expect([...zip].filter((name) => image.has(name))).toEqual([]);
});
