import { expect, test } from 'vitest';
import { bar, cut, table } from '../../../../cli/src/kit/table.ts';

test('aligns columns by the width that a terminal gives their characters', () => {
  const columns = [{ title: 'TEXT' }, { title: 'N', align: 'right' }] as const;
  expect(
    table(columns, [
      ['日本', '1'],
      ['café', '22'],
    ]),
  ).toBe('TEXT   N\n日本   1\ncafé  22');
});

test('cuts a text to a width, on one line, with an ellipsis', () => {
  expect(cut('one\n two', 20)).toBe('one two');
  expect(cut('abcdefgh', 5)).toBe('abcd…');
  expect(cut('abcde', 5)).toBe('abcde');
});

test('cuts between characters, never inside of one', () => {
  expect(cut('日本語日本語', 6)).toBe('日本…');
  expect(cut('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 4)).toBe('👩‍👩‍👧…');
});

test('draws a share as a bar of ten cells', () => {
  expect([0, 0.26, 1].map((share) => bar(share))).toEqual(['░░░░░░░░░░', '███░░░░░░░', '██████████']);
  expect(bar(1.7)).toBe('██████████');
});
