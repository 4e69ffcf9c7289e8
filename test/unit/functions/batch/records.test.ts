import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvBoundary } from '../../../../functions/batch/src/file/csv-boundary.ts';
import {
  LineBoundary,
  type RawRecord,
  RecordSplitter,
  type SplitterOptions,
  splitIntoRecords,
} from '../../../../functions/batch/src/file/records.ts';
import { chunksOf, collect, streamOf } from './arbitraries.ts';

const boundaries = { lines: () => new LineBoundary(), csv: () => new CsvBoundary(',') };
type Kind = keyof typeof boundaries;

function splitBy(
  kind: Kind,
  chunks: readonly Uint8Array[],
  options: Omit<SplitterOptions, 'boundary'>,
): RawRecord[] {
  const splitter = new RecordSplitter({ boundary: boundaries[kind](), ...options });
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
}

const split = (kind: Kind, chunks: readonly Uint8Array[], maxBytes = 1000, start = 0) =>
  splitBy(kind, chunks, { maxBytes, start });

const shown = (records: readonly RawRecord[]) =>
  records.map(({ bytes, problem }) => problem ?? bytes.toString('latin1'));
const splitText = (kind: Kind, text: string, maxBytes?: number) =>
  shown(split(kind, [Buffer.from(text)], maxBytes));

describe('lines', () => {
  it.each([
    ['a\nb\n', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\r\r\nb\rc\n', ['a', 'b\rc']],
    ['', []],
    ['\n\na', ['a']],
    [' \r\n\ta\n\f\n', ['\ta']],
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
    const splitter = new RecordSplitter({ boundary: new LineBoundary(), maxBytes: 1000 });
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 800; i++) expect([...splitter.push(chunk)]).toEqual([]);
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

  it('are those of a reading that begins anew after each record', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(5, 20, 40, 1000), fc.array(fc.nat(300)), (whole, max, places) => {
        const found = split(kind, chunksOf(whole, places), max);
        expect(found.map(({ bytes, end, problem }) => [problem ?? bytes.toString('latin1'), end])).toEqual(
          splitAnew(kind, whole, max),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('have gaps between them that do not depend on how bytes arrive, and from which reading goes on', () => {
    const gaps = { maxBytes: 20, gapBytes: 7 };
    const sparse = fc
      .array(fc.constantFrom('\n', '\n\n\n', ' \n', '\r\n', 'a\n', '"', 'long'.repeat(8)), { maxLength: 30 })
      .map((pieces) => Buffer.from(pieces.join('')));
    fc.assert(
      fc.property(sparse, fc.array(fc.nat(300), { maxLength: 8 }), fc.nat(), (whole, places, pick) => {
        const all = splitBy(kind, [whole], gaps);
        expect(splitBy(kind, chunksOf(whole, places), gaps)).toEqual(all);
        const at = all.length === 0 ? 0 : pick % all.length;
        const { end: start = 0, gap } = all[at] ?? {};
        const rest = splitBy(kind, [whole.subarray(start)], { ...gaps, start, within: gap === 'within' });
        expect(rest).toEqual(all.slice(at + 1));
      }),
      { numRuns: 1000 },
    );
  });
});

/** Slow and plain: looks at all that follows for each record. */
function splitAnew(kind: Kind, file: Buffer, maxBytes: number): (readonly [string, number])[] {
  const records: (readonly [string, number])[] = [];
  for (let start = 0; start < file.length; ) {
    const boundary = boundaries[kind]();
    const found = boundary.find(file, start);
    const end = found < 0 ? file.length : found;
    const line = file.indexOf('\n', start);
    const next = line < 0 ? file.length : line + 1;
    if (end - start > maxBytes) {
      const isTooLong = line < 0 || line - start > maxBytes;
      records.push([isTooLong ? 'too-long' : 'unclosed-quote', next]);
      start = next;
    } else if (found < 0 && boundary.inQuotes && line >= 0) {
      records.push(['unclosed-quote', next]);
      start = next;
    } else {
      const text = file.subarray(start, end).toString('latin1');
      start = Math.min(end + 1, file.length);
      if (text.trim() !== '') records.push([text.replace(/\r+$/, ''), start]);
    }
  }
  return records;
}

/** Counts the bytes that it is shown. */
class CountingBoundary extends CsvBoundary {
  bytes = 0;

  override find(buffer: Buffer, from: number): number {
    const end = super.find(buffer, from);
    this.bytes += (end < 0 ? buffer.length : end) - from;
    return end;
  }
}

describe('the bytes that are looked at', () => {
  it.each([
    ['a quote in each line that stays open', 'x","\n'],
    ['a quote in every second line', 'a,b\n"\n'],
    ['a quote at the end of each line', 'a,"\n'],
    ['one quote before many lines', `"${'a\n'.repeat(50_000)}`],
    ['long quoted texts', `"${'a'.repeat(999)}\n`],
    ['newlines', '\n'],
    ['NULs', '\0'],
  ])('are at most twice those of the file: %s', (_, unit) => {
    const file = Buffer.alloc(400_000, unit);
    const boundary = new CountingBoundary(',');
    const splitter = new RecordSplitter({ boundary, maxBytes: 50_000 });
    for (let from = 0; from < file.length; from += 4096)
      for (const _ of splitter.push(file.subarray(from, from + 4096)));
    for (const _ of splitter.end());
    expect(boundary.bytes).toBeLessThanOrEqual(2 * file.length);
  });
});

it('records come in groups between which timers have their turn, and a signal ends it', async () => {
  const file = streamOf([Buffer.alloc(3_000_000, '"\n')]);
  const splitter = new RecordSplitter({ boundary: new CsvBoundary(','), maxBytes: 100_000 });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 50);
  await expect(collect(splitIntoRecords(file, splitter, stop.signal))).rejects.toThrow('abort');
  clearTimeout(timer);
});
