import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { ToolchainError } from '../../../model-assets/toolchain/src/errors.ts';
import { explainFailure } from '../../../model-assets/toolchain/src/package/failures.ts';
import { packageModel } from '../../../model-assets/toolchain/src/package-model.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const failure = (code: string) =>
  Object.assign(new Error(`${code}: what fs says`), { code, path: '/models/a' });

test.each([
  ['ENOSPC', '/models/a cannot be read or written: the disk is full. Make room on it.'],
  ['EACCES', '/models/a cannot be read or written: this user may not.'],
  ['EROFS', '/models/a cannot be read or written: the disk can only be read.'],
  ['EMFILE', '/models/a cannot be read or written: too many files are open. Raise the limit (ulimit -n).'],
])('%s of the file system is told in words', (code, message) => {
  expect(explainFailure(failure(code), root)).toMatchObject({ code: 'STORAGE_FAILED', message });
});

test('errors with a code of ours, and those that nobody foresaw, stay as they are', () => {
  for (const error of [
    new ToolchainError('GRAPH_INVALID', 'x'),
    new ToolchainError('USAGE', 'x'),
    new TypeError('x'),
  ])
    expect(explainFailure(error, root)).toBe(error);
});

test('a message that a source has made a million characters long is cut', () => {
  const long = new ToolchainError('SOURCE_INVALID', `id2label has ${'x'.repeat(1e6)} twice.`);
  expect(explainFailure(long, root)).toMatchObject({
    code: 'SOURCE_INVALID',
    message: expect.stringMatching(/^id2label has x{980,990}\.\.\.$/),
  });
});

test('a source that memory cannot hold is refused', () => {
  expect(explainFailure(new RangeError('Array buffer allocation failed'), root)).toMatchObject({
    code: 'SOURCE_UNSUPPORTED',
    message: 'The source is too large to be packaged: Array buffer allocation failed.',
  });
});

test('packages that belong in a place where a file is are refused', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  await expect(packageModel({ source: root, packages: file, name: 'x' })).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: `${file} cannot be read or written: a file is where a folder should be.`,
  });
});

/** A disk of three megabytes, where this user may mount one. */
function mountSmallDisk(): string | undefined {
  const disk = join(root, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk], { stdio: 'ignore' });
    return disk;
  } catch {
    return undefined;
  }
}

const disk = mountSmallDisk();
afterAll(() => {
  if (disk !== undefined) execFileSync('umount', [disk]);
});

describe.skipIf(disk === undefined)('on a disk that is full', () => {
  it.each([13_000, 16_000, 20_000, 30_000])(
    'a model with %d tokens is refused for that reason',
    async (vocabulary) => {
      const source = join(root, `tokens-${vocabulary}`);
      const shape = { ...SHAPES.tiny, vocabulary };
      writeCheckpoint({ family: 'bert', head: 'sequence-classification', shape, labels: ['a', 'b'] }, source);
      const packaging = packageModel({
        source,
        packages: disk ?? '',
        name: `full-${vocabulary}`,
        tokenBudget: 512,
        variants: ['fp32', 'int8'],
      });
      await expect(packaging).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        message: expect.stringContaining('the disk is full'),
      });
      expect(readdirSync(disk ?? '')).toEqual([]);
    },
  );
});
