import { expect, it } from 'vitest';
import { parseOptions } from '../../../../functions/batch/src/object/options.ts';

it('the options of a file have a default for everything', () => {
  expect(parseOptions('{}', 'here')).toEqual({
    parameters: {},
    delimiter: ',',
  });
});

it('the options of a file may begin with a byte order mark', () => {
  expect(parseOptions('\ufeff{"column":"a"}', 'here')).toMatchObject({ column: 'a' });
});

it.each([
  ['{', 'here is not valid JSON.'],
  ['{"colum":"a"}', 'here: colum is not known.'],
  ['{"delimiter":"ab"}', 'here: delimiter must be one ASCII character.'],
  ['{"delimiter":"\\""}', 'here: delimiter must be one ASCII character.'],
  ['{"parameters":[]}', 'here: parameters '],
  ['[]', 'here: '],
])('the options of a file refuse %s and name the place', (json, message) => {
  expect(() => parseOptions(json, 'here')).toThrow(message);
});
