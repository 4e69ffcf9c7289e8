/** Functions whose packages must be signed: what synth refuses, and what it gives the function. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFileSigner, signPackage, writeNewKey } from '@pilotlight/lifecycle';
import { publicKeyText, readPublicKeys } from '@pilotlight/model-format/signature';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InferenceFunction, type InferenceFunctionProps } from '../../../infra/constructs/src/index.ts';
import { MODEL, TamperedPackage } from '../../attack/tampered-package.ts';

const copy = new TamperedPackage();
let pem = '';
let stranger = '';
beforeAll(async () => {
  pem = await writeNewKey(join(copy.packages, 'key.pem'));
  stranger = await writeNewKey(join(copy.packages, 'stranger.pem'));
});
afterAll(() => copy.remove());

function synth(packages: NonNullable<InferenceFunctionProps['packages']>) {
  const stack = new Stack(new App(), 'Nlp');
  const made = new InferenceFunction(stack, 'Function', {
    models: [MODEL.name],
    packages: { folder: copy.packages, ...packages },
  });
  return { made, template: Template.fromStack(stack) };
}

test('a package that no key has signed is refused at synth, and so is one that a stranger signed', async () => {
  expect(() => synth({ signedBy: [pem] })).toThrow(/sentiment@1\.0\.1 is refused: it has no signature\.json/);
  await signPackage(copy.packages, MODEL, openFileSigner(join(copy.packages, 'key.pem')));
  expect(() => synth({ signedBy: [stranger] })).toThrow(/no signature of a key that is trusted/);
});

test('a function has the keys in its environment, and the signature in the layer of its model', () => {
  const { made, template } = synth({ signedBy: [pem, stranger] });
  const keys = [pem, stranger].flatMap(readPublicKeys).map(publicKeyText).join(',');
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { PILOTLIGHT_SIGNED_BY: keys } },
  });
  const [described] = made.placement.kind === 'layer' ? made.placement.layers.flat() : [];
  expect(described?.files.map(({ path }) => path)).toContain('signature.json');
});

test('a signature that was changed since is refused at synth', () => {
  const file = copy.path('signature.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/"signedAt": "2/, '"signedAt": "3'));
  expect(() => synth({ signedBy: [pem] })).toThrow(/signature\.json is not of this package/);
  writeFileSync(file, text);
});

test('a key that is none is refused with the name of the property', () => {
  expect(() => synth({ signedBy: ['no key!'] })).toThrow(/packages\.signedBy/);
});
