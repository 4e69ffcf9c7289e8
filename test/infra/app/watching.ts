/** Tests of what deployments measure, and of what watches it. */
import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { defineDeployment } from '../../../infra/constructs/src/app/config/load.ts';
import { PilotlightStage } from '../../../infra/constructs/src/app/pilotlight-stage.ts';
import { CONTEXT, type SynthesisedDeployment } from './deployments.ts';

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

export function testWatching(deployments: () => readonly SynthesisedDeployment[]): void {
  describe('watching', () => {
    test('the metrics of a deployment are in a namespace of its own: no other one of the account rings its alarms', () => {
      for (const { name, resources } of deployments()) {
        const own = `Pilotlight/${name.replace('.', '-')}`;
        const emitting = resources.filter(
          ({ Type, Properties }) =>
            (Type === 'AWS::Lambda::Function' &&
              /^(Pilotlight: (files for|keeps )|Pilotlight: \w+@)/.test(String(Properties.Description))) ||
            Type === 'AWS::Lambda::WebFunctionRevision',
        );
        expect(emitting.length).toBeGreaterThan(0);
        for (const { Properties } of emitting)
          expect(JSON.stringify(Properties)).toContain(`"PILOTLIGHT_METRICS_NAMESPACE":"${own}"`);
        const watching = resources.filter(({ Type }) => /^AWS::CloudWatch::(Alarm|Dashboard)$/.test(Type));
        const named = JSON.stringify(watching).matchAll(/"(Pilotlight(?:\/[\w-]+)?)\\?"/g);
        expect(new Set(Array.from(named, ([, namespace]) => namespace))).toEqual(new Set([own]));
      }
    });

    test('docs/reference/operations.md says of every alarm when it rings', () => {
      const operations = readFileSync('docs/reference/operations.md', 'utf8');
      const alarms = deployments()
        .flatMap(({ resources }) => resources)
        .filter(({ Type, stack }) => Type === 'AWS::CloudWatch::Alarm' && stack === 'observability');
      const names = alarms.map(({ id }) =>
        id
          .replace(/^ObservabilityAlarms(\w+)[0-9A-F]{8}$/, '$1')
          .replace(/^(sentiment|intent|slots)/, '<model>')
          .replace(/^((?:Web)?Function)\d+/, '$1<n>'),
      );
      expect(names.length).toBeGreaterThan(60);
      expect(names.filter((name) => !operations.includes(`\`${name}\``))).toEqual([]);
    });

    test('a function that becomes an image is another one, and the dashboard and alarms are deployed with its new name', () => {
      const references = (template: string) => new Set(template.match(/\w*main\w*Function\w*/g));
      const [zip, image] = [references(watching('layer')), references(watching('image'))];
      expect(zip.size).toBeGreaterThan(0);
      expect(image.size).toBeGreaterThan(0);
      expect([...zip].filter((name) => image.has(name))).toEqual([]);
    });

    test('docs/explanation/costs.md has the number of alarms of demo.dev, because each is paid for', () => {
      const alarms = deployments()
        .flatMap(({ name, resources }) => (name === 'demo.dev' ? resources : []))
        .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
      const metrics = alarms.flatMap(({ Properties }) => {
        const { Metrics = [{ MetricStat: {} }] }: { Metrics?: { MetricStat?: object }[] } =
          Object(Properties);
        return Metrics.filter(({ MetricStat }) => MetricStat);
      });
      expect(readFileSync('docs/explanation/costs.md', 'utf8')).toContain(
        `\`demo.dev\` has ${alarms.length}, paid as ${metrics.length}`,
      );
    });
  });
}
