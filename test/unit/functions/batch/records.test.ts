import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvBoundary } from '../../../../functions/batch/src/file/csv-boundary.ts';
import {
  LineBoundary,
  type RawRecord,
  RecordSplitter,
} from '../../../../functions/batch/src/file/records.ts';
import { chunksOf } from './arbitraries.ts';

const boundaries = { lines: () => new LineBoundary(), csv: () => new CsvBoundary(',') };
type Kind = keyof typeof boundaries;

function split(kind: Kind, chunks: readonly Uint8Array[], maxBytes = 1000, start = 0): RawRecord[] {
  const splitter = new RecordSplitter(boundaries[kind](), maxBytes, start);
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

const shown = (records: readonly RawRecord[]) =>
  records.map(({ bytes, problem }) => problem ?? bytes.toString('latin1'));
const splitText = (kind: Kind, text: string, maxBytes?: number) =>
  shown(split(kind, [Buffer.from(text)], maxBytes));

describe('lines', () => {
  it.each([
    ['a\nb\n', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['', []],
    ['\n\na', ['', '', 'a']],
    ['a"b\nc"d\n', ['a"b', 'c"d']],
  ])('%j is %j', (text, expected) => {
    expect(splitText('lines', text)).toEqual(expected);
  });

  it('refuses a line that is too long and goes on with the next', () => {
    expect(splitText('lines', `ok\n${'x'.repeat(11)}\n${'y'.repeat(10)}\nlast`, 10)).toEqual([
      'ok',
      'too-long',
      'y'.repeat(10),
      'last',
    ]);
    expect(splitText('lines', 'x'.repeat(11), 10)).toEqual(['too-long']);
  });

  it('keeps nothing of a line of 50 MB', () => {
    const splitter = new RecordSplitter(new LineBoundary(), 1000);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 800; i++) expect(splitter.push(chunk)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
    expect(shown([...splitter.push(Buffer.from('\nnext\n')), ...splitter.end()])).toEqual([
      'too-long',
      'next',
    ]);
  });
});

describe('CSV records', () => {
  it.each([
    ['a,b\n1,2\n', ['a,b', '1,2']],
    ['"x\ny",1\nz,2\n', ['"x\ny",1', 'z,2']],
    ['"x\ny",1', ['"x\ny",1']],
    ['"say ""hi""\n",1\n2,3', ['"say ""hi""\n",1', '2,3']],
    ['5" disk,1\nb,2\n', ['5" disk,1', 'b,2']],
    ['a,"b\r\nc"\r\nd,e\r\n', ['a,"b\r\nc"', 'd,e']],
  ])('%j is %j', (text, expected) => {
    expect(splitText('csv', text)).toEqual(expected);
  });

  it('lets a quote that nobody closes cost one line, within the limit of a record and at the end of the file', () => {
    const open = ['a,1', '"b,2', 'c,3', 'd,4'].join('\n');
    expect(splitText('csv', open)).toEqual(['a,1', 'unclosed-quote', 'c,3', 'd,4']);
    expect(splitText('csv', `${open}\n${'e,5\n'.repeat(10)}`, 20)).toEqual([
      'a,1',
      'unclosed-quote',
      'c,3',
      'd,4',
      ...Array(10).fill('e,5'),
    ]);
  });
});

/** Text in which everything that matters is likely. */
const hostile = fc
  .array(fc.constantFrom('a', 'bc', ',', '"', '""', '\n', '\r\n', '\r', '"a\n', ',"', 'long'.repeat(8)), {
    maxLength: 60,
  })
  .map((pieces) => Buffer.from(pieces.join('')));

describe.each(['lines', 'csv'] as const)('%s', (kind) => {
  it('are the same however their bytes arrive', () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat(300), { maxLength: 8 }), (whole, places) => {
        expect(split(kind, chunksOf(whole, places), 20)).toEqual(split(kind, [whole], 20));
      }),
      { numRuns: 500 },
    );
  });

  it('go on after any record as if reading had never stopped', () => {
    fc.assert(
      fc.property(hostile, fc.nat(), (whole, pick) => {
        const records = split(kind, [whole], 20);
        const at = records.length === 0 ? 0 : pick % records.length;
        const end = records[at]?.end ?? 0;
        expect(split(kind, [whole.subarray(end)], 20, end)).toEqual(records.slice(at + 1));
      }),
      { numRuns: 500 },
    );
  });

  it('cover the file to its end', () => {
    fc.assert(
      fc.property(hostile, (whole) => {
        const ends = split(kind, [whole], 20).map(({ end }) => end);
        expect(ends).toEqual([...ends].sort((a, b) => a - b));
        expect(ends.at(-1) ?? 0).toBe(whole.length);
      }),
    );
  });
});
