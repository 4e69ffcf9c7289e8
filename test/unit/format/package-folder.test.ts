/** What lies in the folder of a package beside the files that its manifest names. */
import {
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOtherFile, MAX_SIDECAR_BYTES, SERVED_SIDECARS, sidecarFiles } from '@pilotlight/model-format';
import { isInside, withRegularFile } from '@pilotlight/model-format/internal/package/regular-file';
import { writeSidecar } from '@pilotlight/model-format/internal/package/write-sidecar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pilotlight-package-'));
  folder = join(root, '1.0.0');
  mkdirSync(join(folder, 'int8'), { recursive: true });
  writeFileSync(join(folder, 'model.json'), '{}');
  writeFileSync(join(folder, 'int8', 'model.onnx'), 'graph');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a file that no manifest names', () => {
  const known = new Set(['model.json', 'int8/model.onnx']);

  it('is none where there are only those that are known, whatever folders there are', async () => {
    mkdirSync(join(folder, 'empty'));
    expect(await findOtherFile(folder, known)).toBeUndefined();
  });

  it('is found by its path in the package, below the folder that is asked for alone', async () => {
    writeFileSync(join(folder, 'int8', 'notes.txt'), '');
    expect(await findOtherFile(folder, known)).toBe('int8/notes.txt');
    expect(await findOtherFile(folder, known, 'int8')).toBe('int8/notes.txt');
    mkdirSync(join(folder, 'fp32'));
    expect(await findOtherFile(folder, known, 'fp32')).toBeUndefined();
  });

  it('is a link, too', async () => {
    symlinkSync('model.json', join(folder, 'alias.json'));
    expect(await findOtherFile(folder, known)).toBe('alias.json');
  });
});

describe('a file beside the manifest', () => {
  it.each(['old', undefined])(
    'is written in place of what was there, %s, and leaves nothing else',
    async (before) => {
      const path = join(folder, 'measured.json');
      if (before !== undefined) writeFileSync(path, before);
      expect(await writeSidecar(folder, 'measured.json', 'new')).toBe(path);
      expect(readFileSync(path, 'utf8')).toBe('new');
      expect(readdirSync(root)).toEqual(['1.0.0']);
      expect(readdirSync(folder).sort()).toEqual(['int8', 'measured.json', 'model.json']);
    },
  );

  it('that cannot be put there leaves nothing beside the folder', async () => {
    mkdirSync(join(folder, 'profile.json'));
    await expect(writeSidecar(folder, 'profile.json', 'new')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(root)).toEqual(['1.0.0']);
  });

  it('is one of four, of at most 4 MB, of which serving reads all but the profile', () => {
    const served = ['signature.json', 'measured.json', 'reference.json'];
    expect([...SERVED_SIDECARS]).toEqual(served);
    expect([...sidecarFiles].sort()).toEqual([...served, 'profile.json'].sort());
    expect(MAX_SIDECAR_BYTES).toBe(4_000_000);
  });
});

describe('a path', () => {
  it.each([
    ['/models/a', '/models/a/b', true],
    ['/models/a', '/models/a/b/c', true],
    ['/models/a', '/models/a/..b', true],
    ['/models/a', '/models/a', false],
    ['/models/a', '/models', false],
    ['/models/a', '/models/ab', false],
    ['/models/a', '/other', false],
  ])('in %s: %s is %s', (within, path, expected) => {
    expect(isInside(within, path)).toBe(expected);
  });

  it.each([true, false])('of a file that is used is closed after it, where that fails: %s', (fails) => {
    let used = -1;
    const use = () =>
      withRegularFile(join(folder, 'model.json'), (descriptor) => {
        used = descriptor;
        if (fails) throw new TypeError('no');
        return fstatSync(descriptor).size;
      });
    if (fails) expect(use).toThrow('no');
    else expect(use()).toBe(2);
    expect(() => fstatSync(used)).toThrow('EBADF');
  });
});
