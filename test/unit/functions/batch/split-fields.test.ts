import { CsvError, parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitFields } from '../../../../functions/batch/src/file/split-fields.ts';

/** The library of that name, as a reference. */
function parseByLibrary(record: string, delimiter: string): string[] | undefined {
  try {
    return parse(record, { delimiter, relax_column_count: true, record_delimiter: '\n' })[0];
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

/** A record as it comes from the splitter: newlines stand in quotes only. */
const record = fc.array(
  fc.oneof(
    fc.constantFrom('a', ' ', ',', ';', '"', '""', '"a', 'a"', '","', '"\n"', '"b, c"', '\r', 'é😀'),
    fc.constantFrom('"say ""hi"""', '""""'),
  ),
  { minLength: 1, maxLength: 12 },
);

it('a CSV record has the fields that csv-parse finds, and none where that finds its quotes out of order or a carriage return is not quoted', () => {
  fc.assert(
    fc.property(record, fc.constantFrom(',', ';', '\t'), (pieces, delimiter) => {
      const text = pieces.join('');
      const unquoted = text.replaceAll(/"[^"]*"/g, '');
      fc.pre(!unquoted.includes('\n'));
      const expected = unquoted.includes('\r') ? undefined : parseByLibrary(text, delimiter);
      expect(splitFields(text, delimiter)).toEqual(expected);
    }),
    { numRuns: 5000 },
  );
});

it.each([
  ['a', ['a']],
  ['', ['']],
  [',', ['', '']],
  ['a,', ['a', '']],
  ['"a,b",c', ['a,b', 'c']],
  ['"",""', ['', '']],
  ['"say ""hi"""', ['say "hi"']],
  ['"a\nb"', ['a\nb']],
  [' "a"', undefined],
  ['"a" ', undefined],
  ['"a', undefined],
  ['"a""', undefined],
  ['a"b', undefined],
  ['"a\rb"', ['a\rb']],
  ['a\rb', undefined],
  ['a,b\r', undefined],
])('the fields of %j are %j', (text, fields) => {
  expect(splitFields(text, ',')).toEqual(fields);
});
