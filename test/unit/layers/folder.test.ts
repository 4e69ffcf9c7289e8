import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestFile } from '@pilotlight/model-format';
import { expect, test } from 'vitest';
import { writeFolder } from '../../../layers/builders/src/archive/folder.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';

const scratch = temporaryFolder();
const source = join(scratch, 'source.txt');
writeFileSync(source, 'copied', { mode: 0o600 });

const entries = () => [
  { path: 'deep/below/copied.txt', source, ...digestFile(source) },
  { path: 'written.json', content: '{}' },
  { path: 'deep/link', link: 'below/copied.txt' },
];

test('the builder of folders copies files, writes texts and makes links', () => {
  const folder = writeFolder('context', entries(), join(scratch, 'out'));
  expect(readFileSync(join(folder, 'deep/below/copied.txt'), 'utf8')).toBe('copied');
  expect(readFileSync(join(folder, 'written.json'), 'utf8')).toBe('{}');
  expect(readlinkSync(join(folder, 'deep/link'))).toBe('below/copied.txt');
});

test('a folder that is built is for everybody to read, whatever the process that writes it allows others', () => {
  const before = process.umask(0o077);
  try {
    const folder = writeFolder('private', entries(), join(scratch, 'masked'));
    for (const path of ['', 'deep', 'deep/below'])
      expect(statSync(join(folder, path)).mode & 0o777).toBe(0o755);
    for (const path of ['deep/below/copied.txt', 'written.json'])
      expect(lstatSync(join(folder, path)).mode & 0o777).toBe(0o644);
  } finally {
    process.umask(before);
  }
});

test('a folder that is built is named after its content, in whatever order it is given, and is made once', () => {
  const outdir = join(scratch, 'names');
  const folder = writeFolder('context', entries(), outdir);
  expect(writeFolder('context', entries().reverse(), outdir)).toBe(folder);
  const other = writeFolder('context', [...entries(), { path: 'more', content: '' }], outdir);
  expect(other).not.toBe(folder);
  expect(readdirSync(outdir)).toHaveLength(2);
});
