import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageTransformersJs } from '../../../model-assets/toolchain/src/transformers-js/package-model.ts';
import { writeImageModel } from '../../fixtures/pipelines.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const source = join(root, 'source');
const packages = join(root, 'packages');
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 90868376\n';

test.each([
  [
    'a graph that is the pointer of Git LFS',
    'onnx/model.onnx',
    (path: string) => writeFileSync(path, POINTER),
  ],
  ['a graph that is a pipe', 'onnx/model.onnx', (path: string) => execFileSync('mkfifo', [path])],
  ['a vocabulary that leads out', 'vocab.json', (path: string) => symlinkSync('/etc/passwd', path)],
  ['a model card that leads out', 'README.md', (path: string) => symlinkSync('/etc/passwd', path)],
  ['a configuration that is a folder', 'config.json', (path: string) => mkdirSync(path)],
])('a folder of transformers.js is refused for %s', async (_, file, put) => {
  rmSync(source, { recursive: true, force: true });
  writeImageModel(source);
  rmSync(join(source, file), { force: true });
  put(join(source, file));
  const options = { source, packages, name: 'x', version: '1.0.0', force: false };
  const packaging = packageTransformersJs({ ...options, task: 'image-classification' });
  await expect(packaging).rejects.toThrow(new RegExp(`^${file} is `));
  await expect(packaging).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  expect(existsSync(packages) ? readdirSync(packages) : []).toEqual([]);
});
