import { describe, expect, test } from 'vitest';
import { type Options, parseOptions, wholeNumber } from '../../../../cli/src/kit/options.ts';
import { duration, megabytes } from '../../../../cli/src/kit/table.ts';

const OPTIONS = {
  name: { type: 'string', help: 'a name' },
  'token-budget': { type: 'string', help: 'a number' },
  force: { type: 'boolean', help: 'a switch' },
} as const satisfies Options;

describe('command-line options', () => {
  test('are parsed with their positionals', () => {
    const { values, positionals } = parseOptions(['dir', '--name', 'x', '--force'], OPTIONS);
    expect({ ...values, positionals }).toEqual({ name: 'x', force: true, positionals: ['dir'] });
  });

  test.each([
    ['--nmae', "did you mean '--name'"],
    ['--token-bugdet', "did you mean '--token-budget'"],
    ['--entirely-different', "There is no option '--entirely-different'."],
    ['-x', "There is no option '-x'."],
    ['--name', 'argument missing'],
    ['--force=1', 'does not take an argument'],
  ])('%s is refused with what to do', (option, message) => {
    expect(() => parseOptions([option], OPTIONS)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });

  test('take whole numbers of at least their minimum', () => {
    expect(wholeNumber('12', '--runs', 1)).toBe(12);
    for (const text of ['0', '-1', '1.5', 'x', '', '1e99']) {
      expect(() => wholeNumber(text, '--runs', 1)).toThrow(/--runs takes a whole number of at least 1/);
    }
    expect(() => wholeNumber('70000', '--port', 0, 65_535)).toThrow(
      '--port takes a whole number from 0 to 65535, not "70000".',
    );
  });
});

test('sizes and durations carry their units', () => {
  expect([megabytes(5_240_000), megabytes(112_400_000)]).toEqual(['5.2 MB', '112 MB']);
  expect([duration(840.4), duration(12_345)]).toEqual(['840 ms', '12.3 s']);
});
