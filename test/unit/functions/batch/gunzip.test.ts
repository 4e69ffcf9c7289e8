import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, crc32, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzip } from '../../../../functions/batch/src/file/gunzip.ts';
import { chunksOf, streamOf } from './arbitraries.ts';

/** Half of it random, so that it does not compress to nothing: several blocks. */
const CONTENT = Buffer.concat([randomBytes(60_000), Buffer.alloc(60_000, 'text ')]);
const BLOCK = 16 * 1024;

/** The bytes that came out, the code of the error that ended it, and the warnings. */
async function outcome(chunks: readonly Uint8Array[]) {
  const pieces: Uint8Array[] = [];
  const warnings: string[] = [];
  try {
    for await (const piece of gunzip(streamOf(chunks), { warn: (warning) => warnings.push(warning) }))
      pieces.push(Buffer.from(piece));
    return { bytes: Buffer.concat(pieces), code: 'none', warnings };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    return { bytes: Buffer.concat(pieces), code, warnings };
  }
}

/** What the program says of a file: 0 for all in order, 1 for an error, 2 for a warning. */
function askGzip(file: Buffer) {
  const { status, stdout } = spawnSync('gzip', ['-dc'], { input: file, maxBuffer: 100_000_000 });
  return { status, bytes: stdout };
}
const hasGzip = spawnSync('gzip', ['--version']).status === 0;

/** A member with a name and a comment, as `gzip -N` and others write them, and with the CRC of its header where asked for. */
function memberWithFields(content: Buffer, flags: number): Buffer {
  const plain = gzipSync(content);
  const header = Buffer.from(plain.subarray(0, 10));
  header[3] = flags;
  const fields = [
    flags & 4 ? Buffer.concat([Buffer.of(3, 0), Buffer.from('ext')]) : '',
    flags & 8 ? 'rows.jsonl\0' : '',
    flags & 16 ? 'a comment\0' : '',
  ];
  const before = Buffer.concat([header, ...fields.map((field) => Buffer.from(field))]);
  const check = Buffer.alloc(flags & 2 ? 2 : 0);
  if (flags & 2) check.writeUInt16LE(crc32(before) & 0xffff);
  return Buffer.concat([before, check, plain.subarray(10)]);
}

const content = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.nat(200).map((size) => Buffer.alloc(size, 'row\n')),
  fc.nat(3 * BLOCK).map((size) => randomBytes(size)),
  fc.nat(40 * BLOCK).map((size) => Buffer.alloc(size, 'many rows\n')),
);
const member = fc.tuple(content, fc.constantFrom(0, 2, 4, 8, 16, 28, 30)).map(([bytes, flags]) => ({
  bytes,
  file: memberWithFields(bytes, flags),
}));
const cuts = (size: number) => fc.array(fc.nat(size), { maxLength: 8 });

describe('a gzip file', () => {
  it('of any number of members, of any size and with any padding of zeros, is decompressed however its bytes arrive', async () => {
    const file = fc.record({
      members: fc.array(member, { minLength: 1, maxLength: 5 }),
      zeros: fc.constantFrom(0, 1, 2, 511, BLOCK, 2 * BLOCK + 1),
      places: cuts(10 * BLOCK),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ members, zeros, places }) => {
        const whole = Buffer.concat([...members.map(({ file }) => file), Buffer.alloc(zeros)]);
        const { bytes, code, warnings } = await outcome(chunksOf(whole, places));
        expect(bytes.equals(Buffer.concat(members.map(({ bytes }) => bytes)))).toBe(true);
        expect([code, warnings]).toEqual(['none', []]);
      }),
      { numRuns: 60 },
    );
  });

  it('may end, and may begin another member, at each byte beside the end of a block', async () => {
    for (let beside = -12; beside <= 12; beside++) {
      const first = memberWithFields(Buffer.alloc(0), 0);
      const filler = gzipSync(randomBytes(BLOCK - 23 - first.length + beside), { level: 0 });
      const last = gzipSync('the end');
      const { bytes, code } = await outcome([Buffer.concat([first, filler, last, Buffer.alloc(30)])]);
      expect([bytes.subarray(-7).toString(), code]).toEqual(['the end', 'none']);
    }
  });

  it('that is followed by something else gives its content and a warning', async () => {
    const rest = fc.oneof(
      fc.constantFrom('xy', '\x1f\x8a', '"a row"\n', '\0\0x', `${'\0'.repeat(2 * BLOCK)}x`),
      fc.constant(gzipSync('after zeros').toString('latin1')).map((later) => `\0${later}`),
    );
    await fc.assert(
      fc.asyncProperty(rest, cuts(2 * BLOCK), async (garbage, places) => {
        const whole = Buffer.concat([gzipSync('a\n'), gzipSync('b\n'), Buffer.from(garbage, 'latin1')]);
        expect(await outcome(chunksOf(whole, places))).toEqual({
          bytes: Buffer.from('a\nb\n'),
          code: 'none',
          warnings: [expect.stringContaining('ignored')],
        });
      }),
      { numRuns: 30 },
    );
  });

  it('that is broken gives the same bytes each time, and then an error', async () => {
    const whole = gzipSync(CONTENT);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 40),
        fc.boolean(),
        cuts(whole.length),
        async (place, isCut, at) => {
          const broken = isCut ? whole.subarray(0, place) : Buffer.from(whole).fill(0xff, place, place + 20);
          const [inOne, inChunks] = [await outcome([broken]), await outcome(chunksOf(broken, at))];
          expect(inChunks).toEqual(inOne);
          expect(inOne.code).toBe('BROKEN_GZIP');
        },
      ),
      { numRuns: 60, examples: [[0, true, []]] },
    );
  });

  it('is refused at each place where it can be cut, within the header, the data or the checks', async () => {
    const whole = memberWithFields(Buffer.from('a row\n'), 28);
    for (let end = 0; end < whole.length; end++) {
      for (const before of [Buffer.alloc(0), gzipSync('first\n')]) {
        const isWhole = before.length > 0 && end === 0;
        const { code } = await outcome([Buffer.concat([before, whole.subarray(0, end)])]);
        expect([end, code]).toEqual([end, isWhole ? 'none' : 'BROKEN_GZIP']);
      }
    }
  });

  it.each([
    ['sum', 8, 'incorrect data check'],
    ['length', 4, 'incorrect length check'],
  ])('whose %s is wrong is refused', async (_, place, message) => {
    const whole = gzipSync('a row\n');
    whole[whole.length - place] = 0xaa;
    await expect(outcomeOf(whole)).rejects.toThrow(message);
  });

  it('whose header is not what its check says is refused', async () => {
    const whole = memberWithFields(Buffer.from('a row\n'), 30);
    for (const place of [4, 9, 13, 20, 30]) {
      const changed = Buffer.from(whole);
      changed[place] = 0x7a;
      await expect(outcomeOf(changed)).rejects.toThrow('incorrect header check');
    }
  });

  it.each([
    ['another method', 2, 7, 'method 7'],
    ['flags that mean nothing', 3, 0x80, 'flags'],
  ])('with %s is refused', async (_, place, value, message) => {
    const whole = gzipSync('a row\n');
    whole[place] = value;
    await expect(outcomeOf(whole)).rejects.toThrow(message);
  });

  it('that is none at all is refused', async () => {
    expect(await outcome([Buffer.from('{"text":"a"}\n')])).toMatchObject({ code: 'BROKEN_GZIP' });
    expect(await outcome([Buffer.concat([Buffer.alloc(4), gzipSync('a')])])).toMatchObject({
      code: 'BROKEN_GZIP',
    });
  });

  it.runIf(hasGzip)(
    'is read as the program reads it, however it is damaged',
    async () => {
      const damage = fc.record({
        members: fc.array(member, { minLength: 1, maxLength: 3 }),
        rest: fc.constantFrom(
          '',
          '\0\0\0',
          '\0x',
          'x',
          '\x1f',
          '\x1f\x8b',
          '\x1f\x8b\x08',
          '\x1f\x8b\xff\xff',
        ),
        place: fc.option(fc.nat(5 * BLOCK), { nil: undefined }),
        isCut: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(damage, async ({ members, rest, place, isCut }) => {
          const whole = Buffer.concat([...members.map(({ file }) => file), Buffer.from(rest, 'latin1')]);
          const at = place === undefined ? undefined : place % whole.length;
          if (at !== undefined && !isCut) whole[at] = (whole[at] ?? 0) ^ 0x10;
          const file = at !== undefined && isCut ? whole.subarray(0, at) : whole;
          const [ours, theirs] = [await outcome([file]), askGzip(file)];
          const status = ours.code === 'BROKEN_GZIP' ? 1 : ours.warnings.length > 0 ? 2 : 0;
          expect(status).toBe(theirs.status);
          if (status !== 1) expect(ours.bytes.equals(theirs.bytes)).toBe(true);
        }),
        { numRuns: 60 },
      );
    },
    60_000,
  );
});

async function outcomeOf(file: Buffer): Promise<void> {
  for await (const _ of gunzip(streamOf([file])));
}

it('a gzip file that grows a thousandfold comes out in pieces, and no more than a block of it is ahead', async () => {
  const bomb = gzipSync(Buffer.alloc(60_000_000), { level: constants.Z_BEST_COMPRESSION });
  let given = 0;
  const source = async function* () {
    for (let from = 0; from < bomb.length; from += 1024) {
      given += 1;
      yield bomb.subarray(from, from + 1024);
    }
  };
  for await (const piece of gunzip(source())) {
    expect(piece.length).toBeLessThanOrEqual(64 * 1024);
    break;
  }
  expect(given).toBeLessThanOrEqual(BLOCK / 1024 + 1);
});

it('a gzip file of many empty members ends where a signal says so', async () => {
  const file = streamOf([Buffer.concat(Array<Buffer>(200_000).fill(gzipSync('')))]);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const read = async () => {
    for await (const _ of gunzip(file, { signal: stop.signal }));
  };
  await expect(read()).rejects.toThrow('abort');
});
