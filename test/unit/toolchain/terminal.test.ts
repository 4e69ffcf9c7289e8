import { describe, expect, test } from 'vitest';
import { parseOptions, wholeNumber } from '../../../model-assets/toolchain/src/terminal/arguments.ts';
import { duration, megabytes } from '../../../model-assets/toolchain/src/terminal/table.ts';

const OPTIONS = {
  name: { type: 'string' },
  'token-budget': { type: 'string' },
  force: { type: 'boolean' },
} as const;

describe('command-line options', () => {
  test('are parsed with their positionals', () => {
    const { values, positionals } = parseOptions(['dir', '--name', 'x', '--force'], OPTIONS, 'add');
    expect({ ...values, positionals }).toEqual({ name: 'x', force: true, positionals: ['dir'] });
  });

  test.each([
    ['--nmae', "did you mean '--name'"],
    ['--token-bugdet', "did you mean '--token-budget'"],
    ['--entirely-different', "There is no option '--entirely-different'. See"],
    ['-x', "There is no option '-x'. See"],
    ['--name', 'argument missing'],
    ['--force=1', 'does not take an argument'],
  ])('%s is refused with what to do', (option, message) => {
    expect(() => parseOptions([option], OPTIONS, 'add')).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });

  test('take whole numbers of at least their minimum', () => {
    expect(wholeNumber('12', 'runs', 1, 'bench')).toBe(12);
    for (const text of ['0', '-1', '1.5', 'x', '', '1e99']) {
      expect(() => wholeNumber(text, 'runs', 1, 'bench')).toThrow(
        /--runs takes a whole number of at least 1/,
      );
    }
  });
});

test('sizes and durations carry their units', () => {
  expect([megabytes(5_240_000), megabytes(112_400_000)]).toEqual(['5.2 MB', '112 MB']);
  expect([duration(840.4), duration(12_345)]).toEqual(['840 ms', '12.3 s']);
});
