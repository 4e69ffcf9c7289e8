/** The package of an AllenNLP archive in the constructs: its layers, its variant, and code of the team's own beside the function. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InferenceFunction, type InferenceFunctionProps } from '../../../infra/constructs/src/index.ts';
import { addExample, EXAMPLE } from '../../e2e/example-archive.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-archives-'));
const folder = join(scratch, 'packages');
const out = join(scratch, 'cdk.out');
const predictors = join(EXAMPLE, 'predictors.mjs');
beforeAll(() => addExample(folder), 30_000);
afterAll(() => rmSync(scratch, { recursive: true }));

function synth(packages: NonNullable<InferenceFunctionProps['packages']> = {}) {
  const app = new App({ outdir: out });
  const stack = new Stack(app, 'Nlp');
  const made = new InferenceFunction(stack, 'Ner', { models: ['ner'], packages: { folder, ...packages } });
  return { made, template: Template.fromStack(stack) };
}

/** The place of an asset in the output of a synth. */
function assetOf(template: Template, type: string, filter = ''): string {
  const [resource] = Object.values(template.findResources(type)).filter((found) =>
    JSON.stringify(found).includes(filter),
  );
  const { S3Key } = resource?.Properties[type.endsWith('LayerVersion') ? 'Content' : 'Code'] ?? {};
  return join(out, `asset.${S3Key}`);
}

describe('a function with an archive', () => {
  const entriesOf = (zip: string) => execFileSync('unzip', ['-Z1', zip], { encoding: 'utf8' }).split('\n');

  test('has a layer with everything that serving reads, and the layer of native packages', () => {
    const { made, template } = synth();
    expect(made.placement.kind).toBe('layer');
    template.hasResourceProperties('AWS::Lambda::Function', {
      MemorySize: 1769,
      Environment: { Variables: { PILOTLIGHT_PRELOAD_MODELS: 'ner@1.0.0' } },
      Layers: [{ Ref: Match.stringLikeRegexp('Runtime') }, { Ref: Match.stringLikeRegexp('Models') }],
    });
    const layer = entriesOf(assetOf(template, 'AWS::Lambda::LayerVersion', 'ner@1.0.0'));
    expect(layer).toEqual(
      expect.arrayContaining(
        ['model.json', 'archive.json', 'goldens.jsonl', 'vocabulary/labels.txt', 'fp32/model/model.onnx'].map(
          (path) => `models/ner/1.0.0/${path}`,
        ),
      ),
    );
    const native = entriesOf(assetOf(template, 'AWS::Lambda::LayerVersion', 'tokenizers'));
    expect(native).toContainEqual(expect.stringMatching(/tokenizers.*\.node$/));
  });

  test('refuses a variant that the package has not', () => {
    expect(() => synth({ variant: 'int8' })).toThrow(/has no variant int8; it has fp32/);
  });

  test('brings a module of the team’s own beside the function, which reads it there', () => {
    const { template } = synth({ predictors });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { PILOTLIGHT_PREDICTORS: 'predictors.mjs' } },
    });
    const code = assetOf(template, 'AWS::Lambda::Function', 'PILOTLIGHT_PREDICTORS').replace(/\.zip$/, '');
    expect(['index.mjs', 'predictors.mjs'].filter((name) => !existsSync(join(code, name)))).toEqual([]);
    expect(() => synth({ predictors: 'nowhere.mjs' })).toThrow(/packages.predictors: there is no file/);
  });

  test('has them in an image, too', () => {
    const { template } = synth({ predictors, placement: 'image' });
    template.hasResourceProperties('AWS::Lambda::Function', {
      PackageType: 'Image',
      Environment: { Variables: { PILOTLIGHT_PREDICTORS: 'predictors.mjs' } },
    });
  });
});
