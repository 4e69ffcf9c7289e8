/** Files that are made to be slow, as large as they need to be: CPU in proportion to bytes, and turns for others in between. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BatchError } from '../../functions/batch/src/errors.ts';
import { detectFormat } from '../../functions/batch/src/file/formats.ts';
import { NO_PROGRESS, type Progress } from '../../functions/batch/src/file/parts.ts';
import { predictFile } from '../../functions/batch/src/file/predict-file.ts';
import { cases, LONG } from '../scale.ts';
import { predictorOf } from '../unit/engine/fakes.ts';

const MEGABYTES = cases({ short: 1, long: 16 });
const CHUNK = 64 * 1024;

/** What a file may cost, with a wide margin for a busy machine: ten to thirty times what was measured. */
const CPU_MS_PER_MEGABYTE = 3000;
const CPU_MS_BETWEEN_TURNS = 300;

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK) yield bytes.subarray(from, from + CHUNK);
}

function job(name: string, read: (from: number) => AsyncIterable<Uint8Array>, signal?: AbortSignal) {
  const rest = { format: detectFormat(name), predictor: predictorOf(), ...(signal && { signal }) };
  return { read, ...rest };
}

/** Processor time of the whole process, in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The rows of a file, why it was refused if it was, what it cost, and the most that was spent without a turn for others. */
async function measure(name: string, content: Buffer) {
  const start = cpuMs();
  let [last, longest, rows, code] = [start, 0, 0, 'none'];
  const turn = () => {
    longest = Math.max(longest, cpuMs() - last);
    last = cpuMs();
  };
  const turns = setInterval(turn, 1);
  try {
    for await (const { progress } of predictFile(job(name, () => chunksOf(content))))
      rows = progress.position.row;
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    code = error.code;
  } finally {
    clearInterval(turns);
    turn();
  }
  return { rows, code, spent: cpuMs() - start, longest };
}

const fill = (unit: string, bytes = MEGABYTES * 1_000_000) => Buffer.alloc(bytes, unit);
/** Fewer, where each row costs more than its bytes. */
const fillRows = (unit: string) => fill(unit, MEGABYTES * 50_000);
const lines = (line: string) => Buffer.from(`${line}\n`.repeat(MEGABYTES));
const csv = (content: Buffer, header = 'text,b\n') => Buffer.concat([Buffer.from(header), content]);

describe('a file of', () => {
  it.each<[string, string, Buffer]>([
    ['quotes that stay open in each line', 'a.csv', csv(fill('x","\n'))],
    ['quotes that stay open in every second line', 'a.csv', csv(fillRows('a,b\n"\n'))],
    ['quotes at the end of each line', 'a.csv', csv(fillRows('a,"\n'))],
    ['quotes that are not in order', 'a.csv', csv(fillRows('"a"b,c\n'))],
    [
      'records as long as they may be that never end',
      'a.csv',
      csv(fill(`"${'a'.repeat(999_998)}\n`, 8_000_000)),
    ],
    ['records of quotes alone', 'a.csv', csv(lines(`"${'""'.repeat(20_000)}"`))],
    ['records of delimiters alone', 'a.csv', csv(lines(','.repeat(900_000)))],
    ['a header of delimiters alone', 'a.csv', csv(fillRows('a,b\n'), `text${','.repeat(900_000)}\n`)],
    ['newlines, and others of white space', 'a.csv', csv(fill('\n \n\t\n\r\n'))],
    ['lines of wide spaces', 'a.jsonl', fill('\u3000\n')],
    ['NULs without an end', 'a.csv', csv(fill('\0', 50_000_000))],
    ['lines of NULs', 'a.jsonl', fillRows('\0\n')],
    ['brackets', 'a.jsonl', lines(`{"text":${'['.repeat(400_000)}${']'.repeat(400_000)}}`)],
    ['keys', 'a.jsonl', lines(`{${Array.from({ length: 45_000 }, (_, i) => `"k${i}":1`)}}`)],
    ['escapes', 'a.jsonl', lines(`"${'\\"'.repeat(300)}"`)],
    ['empty objects', 'a.jsonl', fillRows('{}\n')],
  ])('%s costs time in proportion, and others have their turn', async (_, name, content) => {
    const { spent, longest } = await measure(name, content);
    expect(spent).toBeLessThan(Math.max(1, content.length / 1_000_000) * CPU_MS_PER_MEGABYTE);
    expect(longest).toBeLessThan(CPU_MS_BETWEEN_TURNS);
  });

  it('60 million newlines in 58 kB of gzip costs little, and others have their turn', async () => {
    const { spent, longest, rows } = await measure('a.jsonl.gz', gzipSync(Buffer.alloc(60_000_000, '\n')));
    expect(rows).toBe(0);
    expect(spent).toBeLessThan(10_000);
    expect(longest).toBeLessThan(CPU_MS_BETWEEN_TURNS);
  });

  it.each<[string, number, string, (whole: Buffer) => Buffer]>([
    [
      'many empty members',
      1,
      'none',
      (whole) => Buffer.concat([...Array<Buffer>(2000).fill(gzipSync('')), whole]),
    ],
    ['a member for each row', 2000, 'none', (whole) => Buffer.concat(Array<Buffer>(2000).fill(whole))],
    ['padding of zeros', 1, 'none', (whole) => Buffer.concat([whole, Buffer.alloc(50_000_000)])],
    [
      'something else after its end',
      1,
      'none',
      (whole) => Buffer.concat([whole, Buffer.alloc(50_000_000, 'x')]),
    ],
    [
      'a name without an end',
      0,
      'BROKEN_GZIP',
      (whole) => Buffer.concat([Buffer.from(whole).fill(8, 3, 4), Buffer.alloc(5e7, 'n')]),
    ],
  ])('gzip with %s ends', async (_, rows, code, write) => {
    const { spent, longest, ...ended } = await measure('a.jsonl.gz', write(gzipSync('"a text"\n')));
    expect(ended).toEqual({ rows, code });
    expect(spent).toBeLessThan(10_000);
    expect(longest).toBeLessThan(CPU_MS_BETWEEN_TURNS);
  });
});

describe('a file that never ends', () => {
  it.each<[string, string, Buffer]>([
    ['newlines', 'a.csv', fill('\n', CHUNK)],
    ['NULs', 'a.jsonl', fill('\0', CHUNK)],
    ['quotes that stay open', 'a.csv', csv(fill('x","\n', CHUNK))],
    ['quoted newlines', 'a.csv', csv(fill('"\n\n\n\n', CHUNK))],
    ['members of gzip', 'a.jsonl.gz', Buffer.concat(Array<Buffer>(100).fill(gzipSync('')))],
    ['newlines in gzip', 'a.jsonl.gz', gzipSync(fill('\n', 16_000_000))],
  ])('of %s is left where a signal says so, though nothing in it waits', async (_, name, chunk) => {
    const read = async function* () {
      for (;;) yield chunk;
    };
    const start = cpuMs();
    await expect(async () => {
      for await (const _ of predictFile(job(name, read, AbortSignal.timeout(200))));
    }).rejects.toThrow('timeout');
    expect(cpuMs() - start).toBeLessThan(5000);
  });
});

it.runIf(LONG)(
  'a file of 270 MB without a row has parts without rows, from which another run goes on',
  async () => {
    const size = 270_000_000;
    const block = Buffer.alloc(1_000_000, '\n');
    const end = Buffer.from('"the only row"\n');
    let given = 0;
    const read = async function* (from: number) {
      for (let at = from; at < size; at += block.length) {
        const chunk = block.subarray(0, size - at);
        given += chunk.length;
        yield chunk;
      }
      yield end;
    };
    const parts: Progress[] = [];
    for await (const { progress } of predictFile(job('a.jsonl', read))) parts.push(progress);
    expect(parts.map(({ position }) => position)).toEqual([
      { byte: 256_000_000, row: 0 },
      { byte: size + end.length, row: 1 },
    ]);
    given = 0;
    const rest: Progress[] = [];
    const from = parts[0] ?? NO_PROGRESS;
    for await (const { progress } of predictFile({ ...job('a.jsonl', read), from })) rest.push(progress);
    expect(rest.map(({ position }) => position)).toEqual([parts[1]?.position]);
    expect(given).toBe(14_000_000);
  },
);
