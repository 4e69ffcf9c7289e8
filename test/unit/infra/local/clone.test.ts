/** Where `pilotlight` looks for models once it is installed somewhere else than in a clone. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packagesFolder } from '../../../../cli/src/clone.ts';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const root = temporaryFolder();
const installed = join(root, 'pilotlight');
cpSync('cli/src/clone.ts', join(installed, 'src/clone.ts'));

function folders(cwd: string, env: NodeJS.ProcessEnv = {}): unknown {
  const script = `
    const { buildFolder, folderForNewPackages, packagesFolder } = await import(${JSON.stringify(join(installed, 'src/clone.ts'))});
    console.log(JSON.stringify([packagesFolder(undefined), folderForNewPackages(undefined), buildFolder('layers')]));`;
  const { PILOTLIGHT_MODELS_DIR: _, ...inherited } = process.env;
  const args = ['--input-type=module', '--eval', script];
  return JSON.parse(
    execFileSync(process.execPath, args, { cwd, env: { ...inherited, ...env }, encoding: 'utf8' }),
  );
}

test('an installed pilotlight serves the models that it brings, and writes none beside them', () => {
  const cwd = join(root, 'empty');
  mkdirSync(cwd);
  const own = join(cwd, 'models');
  expect(folders(cwd)).toEqual([join(installed, 'models'), own, join(cwd, '.pilotlight/layers')]);
});

test('an installed pilotlight prefers PILOTLIGHT_MODELS_DIR, then the folder models of the working directory', () => {
  const cwd = join(root, 'project');
  const own = join(cwd, 'models');
  mkdirSync(own, { recursive: true });
  expect(folders(cwd)).toEqual([own, own, join(cwd, '.pilotlight/layers')]);
  expect(folders(cwd, { PILOTLIGHT_MODELS_DIR: '/srv' })).toEqual([
    '/srv',
    '/srv',
    join(cwd, '.pilotlight/layers'),
  ]);
});

test('a clone serves its own packages, unless --packages names others', () => {
  expect(packagesFolder('/elsewhere')).toBe('/elsewhere');
  expect(packagesFolder(undefined)).toBe(join(process.cwd(), 'model-assets/packages'));
});
