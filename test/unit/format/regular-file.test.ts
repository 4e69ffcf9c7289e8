import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestFile, openRegularFile, readRegularFile, resolveInside } from '@pilotlight/model-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'pilotlight-regular-'));
const folder = join(root, 'package');
const inside = (name: string) => join(folder, name);

beforeAll(() => {
  mkdirSync(inside('sub'), { recursive: true });
  writeFileSync(inside('file'), 'content');
  writeFileSync(join(root, 'outside'), 'secret');
  symlinkSync('file', inside('link'));
  symlinkSync('../outside', inside('escape'));
  symlinkSync('/dev/zero', inside('endless'));
  symlinkSync('..', inside('up'));
  symlinkSync('loop', inside('loop'));
  symlinkSync('package', join(root, 'alias'));
  execFileSync('mkfifo', [inside('pipe')]);
});
afterAll(() => rmSync(root, { recursive: true }));

describe('regular files', () => {
  it('are read, over links too', () => {
    expect(readRegularFile(inside('link')).toString()).toBe('content');
    expect(digestFile(inside('link')).bytes).toBe(7);
    closeSync(openRegularFile(inside('file')));
  });

  it.each(['pipe', 'endless', 'sub'])('are not confused with %s, which nobody waits for', (name) => {
    expect(() => openRegularFile(inside(name))).toThrow(expect.objectContaining({ code: 'NOT_A_FILE' }));
    expect(() => readRegularFile(inside(name))).toThrow(expect.objectContaining({ code: 'NOT_A_FILE' }));
    expect(() => digestFile(inside(name))).toThrow(/where a file must be/);
  });

  it.each([
    ['sub', 'sub is a folder, where a file must be.'],
    ['pipe', 'pipe is a pipe, a socket or a device, where a file must be.'],
  ])('are told from %s in words, and nothing stays open', (name, message) => {
    const before = openSync(inside('file'), 'r');
    closeSync(before);
    for (let turn = 0; turn < 3; turn++) {
      expect(() => openRegularFile(inside(name))).toThrow(message);
      expect(() => digestFile(inside(name))).toThrow(/where a file must be/);
      digestFile(inside('file'));
    }
    const after = openSync(inside('file'), 'r');
    closeSync(after);
    expect(after).toBe(before);
  });

  it('are not read above their limit', () => {
    expect(readRegularFile(inside('file'), 7)).toHaveLength(7);
    expect(() => readRegularFile(inside('file'), 6)).toThrow(
      expect.objectContaining({
        code: 'FILE_TOO_LARGE',
        message: 'file has 7 bytes; at most 6 are read of it.',
      }),
    );
  });
});

describe('a path inside a folder', () => {
  it('may lead over links that stay there, and over a link to the folder', () => {
    expect(resolveInside(folder, 'link')).toBe(resolveInside(join(root, 'alias'), 'file'));
  });

  it.each(['escape', 'endless', 'up', 'up/outside', '..', '.', '../outside'])('must not be %s', (name) => {
    expect(() => resolveInside(folder, name)).toThrow(
      expect.objectContaining({
        code: 'OUTSIDE_FOLDER',
        message: `${name} leads out of its folder. Put the file itself there.`,
      }),
    );
  });

  it('must exist', () => {
    expect(() => resolveInside(folder, 'none')).toThrow(/ENOENT/);
    expect(() => resolveInside(folder, 'loop')).toThrow(/ELOOP/);
  });
});
