import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fieldsOf, rowOf } from './fields.ts';

test('every field of a configuration says what it is', () => {
  expect(fieldsOf().filter(({ description }) => !description)).toEqual([]);
});

test('docs/reference/configuration.md has every field, its default, and no field that is gone', () => {
  const lines = readFileSync('docs/reference/configuration.md', 'utf8').split('\n');
  expect(lines.filter((line) => line.startsWith('| `'))).toEqual(fieldsOf().map(rowOf));
});
