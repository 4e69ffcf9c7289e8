import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sourceFiles, writtenFiles } from './tracked-files.ts';

const lines = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

test('no file has more than 400 lines', () => {
  const long = writtenFiles().filter((file) => lines(file).length > 400);
  expect(long.map((file) => `${file}: ${lines(file).length}`)).toEqual([]);
});

test('work that is left for later names its issue', () => {
  const marks = /\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d+)/;
  const found = sourceFiles()
    .filter((file) => !file.startsWith('test/unit/project/'))
    .flatMap((file) => lines(file).flatMap((line, i) => (marks.test(line) ? `${file}:${i + 1}` : [])));
  expect(found).toEqual([]);
});
