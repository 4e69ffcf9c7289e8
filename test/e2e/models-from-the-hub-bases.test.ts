/** `models add` of an adapter whose base is a model of the hub: both are fetched, and both commits are recorded. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { startHub } from '../fixtures/hub.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const CLI = join(import.meta.dirname, '../../cli/src/main.ts');
const root = temporaryFolder();

test('an adapter of the hub over a model of the hub names the commits of both', async () => {
  const hub = await startHub();
  writeCheckpoint({ family: 'bert', head: 'masked-lm', shape: SHAPES.tiny }, join(root, 'base'));
  const base = hub.put('acme/base', join(root, 'base'));
  const adapter = hub.put('acme/adapter', 'test/golden/lora/adapters/classifier');
  const args = [
    'models',
    'add',
    'hf:acme/adapter',
    '--base',
    'hf:acme/base',
    '--name',
    'reviews',
    '--variants',
    'fp32',
  ];
  const places = [
    '--packages',
    join(root, 'packages'),
    '--cache',
    join(root, 'cache'),
    '--token-budget',
    '512',
    '--json',
  ];
  const env = { ...process.env, HOME: root, HF_ENDPOINT: hub.url };
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, [CLI, ...args, ...places], { env }, (_error, out) => resolve(out));
  });
  await hub.close();
  expect(JSON.parse(stdout).manifest.source).toMatchObject({
    id: 'acme/adapter',
    revision: adapter,
    base: { id: 'acme/base', revision: base },
    files: { 'adapter_model.safetensors': expect.any(String), 'base/model.safetensors': expect.any(String) },
  });
});
