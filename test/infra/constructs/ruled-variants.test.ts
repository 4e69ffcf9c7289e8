/** Variants that routing rules lead to: what is deployed has their files, and a rule that leads nowhere is refused at synth. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { afterAll, expect, test } from 'vitest';
import { describeModels } from '../../../infra/constructs/src/common/describe-models.ts';
import { InferenceFunction, WebInferenceFunction } from '../../../infra/constructs/src/index.ts';
import { writeTwoVariants } from '../../unit/layers/model-packages.ts';
import { refusalOf, testStack } from './template.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-ruled-'));
writeTwoVariants(folder);
writeTwoVariants(folder, 'other');
afterAll(() => rmSync(folder, { recursive: true }));

const routing = (...rules: object[]) => ({ PILOTLIGHT_ROUTING: JSON.stringify(rules) });
const FP32 = { to: 'parity', variant: 'fp32' };

test('what is deployed has the files of the variants that rules lead to, and of no others', () => {
  const environment = routing({ to: 'parity' }, FP32);
  const described = describeModels(folder, ['parity', 'other'], { environment });
  const variants = described.map(({ files }) =>
    ['int8', 'fp32'].filter((variant) => files.some(({ path }) => path === `${variant}/weights.bin`)),
  );
  expect(variants).toEqual([['int8', 'fp32'], ['int8']]);
});

const FUNCTIONS = {
  function: (environment: Record<string, string>) =>
    new InferenceFunction(testStack(), 'Function', {
      models: ['parity'],
      packages: { folder },
      lambda: { environment },
    }),
  'web function': (environment: Record<string, string>) =>
    new WebInferenceFunction(testStack(), 'Web', {
      models: ['parity'],
      packages: { folder },
      web: { environment },
    }),
} as const;

test.each(['function', 'web function'] as const)(
  'a %s refuses at synth a rule that it would refuse as it starts',
  (kind) => {
    const synth = FUNCTIONS[kind];
    expect(refusalOf(() => synth(routing({ to: 'other', variant: 'fp32' })))).toEqual({
      code: 'INVALID_PROPS',
      message:
        'environment: PILOTLIGHT_ROUTING leads to the variant fp32 of other, and what is served here is parity@1.0.0. Add it to models, or leave the rule out.',
    });
    expect(refusalOf(() => synth(routing({ to: 'parity@2.0.0', variant: 'fp32' }))).message).toContain(
      'the variant fp32 of parity@2.0.0',
    );
    expect(() => synth(routing({ to: 'parity', variant: 'fp16' }))).toThrow(PilotlightError);
    expect(() => synth(routing({ to: 'parity', variant: 'fp16' }))).toThrow(
      /Model parity@1\.0\.0 has no variant fp16; it has int8, fp32\./,
    );
  },
);

test('a rule may lead to a variant of a version that only the registry has', () => {
  const environment = routing({ to: 'parity@2.0.0', variant: 'fp32' });
  expect(describeModels(folder, ['parity'], { environment, followed: true })).toHaveLength(1);
});
