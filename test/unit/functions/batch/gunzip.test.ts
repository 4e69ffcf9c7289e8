import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gunzip } from '../../../../functions/batch/src/file/gunzip.ts';
import { chunksOf, collect, streamOf } from './arbitraries.ts';

/** Half of it random, so that it does not compress to nothing: several blocks. */
const CONTENT = Buffer.concat([randomBytes(60_000), Buffer.alloc(60_000, 'text ')]);

/** The bytes that came out, and the code of the error that ended it. */
async function outcome(chunks: readonly Uint8Array[]) {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of gunzip(streamOf(chunks))) pieces.push(Buffer.from(piece));
    return { bytes: Buffer.concat(pieces), code: 'none' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    return { bytes: Buffer.concat(pieces), code };
  }
}

it('a gzip file is decompressed however its bytes arrive, and so are several members in a row', async () => {
  const two = Buffer.concat([gzipSync(CONTENT), gzipSync('more')]);
  const cuts = fc.array(fc.nat(two.length), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const { bytes } = await outcome(chunksOf(two, at));
      expect(bytes.equals(Buffer.concat([CONTENT, Buffer.from('more')]))).toBe(true);
    }),
    { numRuns: 20 },
  );
});

it('a broken gzip file gives the same bytes each time, and then an error', async () => {
  const whole = gzipSync(CONTENT);
  const cuts = fc.array(fc.nat(whole.length), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 40), fc.boolean(), cuts, async (place, isCut, at) => {
      const broken = isCut ? whole.subarray(0, place) : Buffer.from(whole).fill(0xff, place, place + 20);
      const [inOne, inChunks] = [await outcome([broken]), await outcome(chunksOf(broken, at))];
      expect(inChunks.bytes.equals(inOne.bytes)).toBe(true);
      expect(inChunks.code).toBe(inOne.code);
      expect(inOne.code).toBe('BROKEN_GZIP');
    }),
    { numRuns: 60, examples: [[0, true, []]] },
  );
});

it('a file that is no gzip at all is refused', async () => {
  await expect(collect(gunzip(streamOf([Buffer.from('{"text":"a"}\n')])))).rejects.toMatchObject({
    code: 'BROKEN_GZIP',
  });
});
