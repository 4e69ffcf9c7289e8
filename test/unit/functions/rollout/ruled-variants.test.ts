/** Rules that lead to variants, and deployments that have them or not. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../../../functions/app/src/settings/config.ts';
import { readRollout } from '../../../../functions/app/src/settings/rollout-options.ts';
import { writeTwoVariants } from '../../layers/model-packages.ts';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const folder = temporaryFolder();

beforeEach(() => {
  writeTwoVariants(folder);
});

const start = (rules: readonly object[], settings: Readonly<Record<string, string>> = {}) =>
  readRollout(
    readConfig({
      PILOTLIGHT_MODELS_DIR: folder,
      PILOTLIGHT_ROUTING: JSON.stringify(rules),
      ...settings,
    }),
  );

it('a rule may lead to a variant that the deployment has', async () => {
  await expect(start([{ to: 'parity', variant: 'fp32' }])).resolves.toBeDefined();
  await expect(start([{ to: 'parity@1.0.0', variant: 'int8' }])).resolves.toBeDefined();
});

it('a rule that leads to a variant, a version or a model that is not there is refused at the start, with those that are', async () => {
  const rules = [
    { to: 'parity' },
    { to: 'parity', variant: 'fp16' },
    { to: 'parity@2.0.0', variant: 'fp32' },
    { to: 'other', variant: 'fp32' },
  ];
  await expect(start(rules)).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    details: {
      faults: [
        'PILOTLIGHT_ROUTING: 1.variant: Model parity@1.0.0 has no variant fp16; it has int8, fp32. Choose one of them, or package the model again.',
        'PILOTLIGHT_ROUTING: 2.variant: Model parity has no version 2.0.0; it has 1.0.0.',
        'PILOTLIGHT_ROUTING: 3.variant: There is no model named "other"; there are: parity.',
      ],
    },
  });
});

it('a rule that leads to a variant whose files were not deployed is refused at the start, with the file that is missing', async () => {
  rmSync(join(folder, 'parity/1.0.0/fp32'), { recursive: true });
  await expect(start([{ to: 'parity', variant: 'int8' }])).resolves.toBeDefined();
  await expect(start([{ to: 'parity', variant: 'fp32' }])).rejects.toThrow(/fp32\/model\.onnx is missing/);
});

it('a variant of a model that follows a registry is looked for as its versions are loaded', async () => {
  const settings = { PILOTLIGHT_REGISTRY: 's3://models', PILOTLIGHT_REGISTRY_MODELS: 'parity' };
  await expect(start([{ to: 'parity', variant: 'fp16' }], settings)).resolves.toBeDefined();
});
