import { describe, expect, it } from 'vitest';
import type { TokenRequest } from '../../../../layers/engine/src/runtimes/generation/loop/decoder-port.ts';
import { type End, open, start } from './integer-loop.ts';
import { bestOf, CROSS, DECODER, logitsAfter, VOCABULARY, WINDOWED } from './integer-model.ts';
import { request } from './small-searches.ts';

const MEGABYTE = 2 ** 20;
/** 64 entries of 2 layers, keys and values of 2 heads of 3 numbers, and a kilobyte beside them. */
const CHUNK_BYTES = 64 * 2 * 2 * 2 * 3 * 4 + 1024;
const FIXED = Array.from({ length: 200 }, (_, place) => (place * 7 + (place >> 3)) % VOCABULARY);

/** The fixed prompt, or its first tokens, and a rest of its own. */
function ask(rest: number, { shared = FIXED.length, maxNewTokens = 2, numBeams = 1 } = {}): TokenRequest {
  const own = Array.from({ length: 5 }, (_, place) => (rest * 5 + place * place) % VOCABULARY);
  return request([...FIXED.slice(0, shared), ...own], { maxNewTokens, numBeams });
}

const found = ({ timings }: End): number => timings.prefixTokens;

describe.each([
  ['a decoder', DECODER],
  ['a decoder with windows', WINDOWED],
])('%s that keeps prefixes', (_title, facts) => {
  it('gives every step what a forward without a cache gives it, whether the prompt was copied or run', async () => {
    const { loop, seen } = open(facts, { prefixBytes: MEGABYTE });
    const shares = [200, 200, 64, 130, 128, 63, 200, 192];
    for (const round of [0, 1, 2]) {
      const asked = shares.map((shared, rest) =>
        ask(rest + 10 * round, { shared, numBeams: rest % 3 === 2 ? 3 : 1 }),
      );
      const ends = await Promise.all(asked.map((one) => start(loop, one).ended));
      if (round === 2) expect(ends.map(found)).toEqual([192, 192, 64, 128, 128, 0, 192, 192]);
    }
    expect(seen).toHaveLength(24);
    for (const { request: one, rows } of seen) {
      expect(rows.length).toBeGreaterThan(0);
      for (const { ids: before, scores, classes } of rows) {
        const best = bestOf(logitsAfter(before, facts, []), 4);
        expect(classes.slice(0, 4)).toEqual(best.map(([id]) => id));
        expect(scores.slice(0, 4)).toEqual(best.map(([, logit]) => Math.fround(logit)));
        expect(before.slice(0, one.input.length)).toEqual(one.input);
      }
    }
  });
});

describe('a request', () => {
  it('runs the rest of its prompt alone once two others had the same first chunks', async () => {
    const { loop, session } = open(DECODER, { prefixBytes: MEGABYTE });
    const shapes: string[][] = [];
    const ends: End[] = [];
    for (const rest of [1, 2, 3]) {
      session.shapes.length = 0;
      ends.push(await start(loop, ask(rest)).ended);
      shapes.push(session.shapes.filter((shape) => !shape.endsWith('x1')));
    }
    expect(ends.map(found)).toEqual([0, 0, 192]);
    expect(shapes).toEqual([['1x64', '1x64', '1x64', '1x16'], ['1x64', '1x64', '1x64', '1x16'], ['1x16']]);
  });

  it('runs its last token, although an earlier prompt had the same tokens', async () => {
    const { loop } = open(DECODER, { prefixBytes: MEGABYTE });
    const whole = request(FIXED.slice(0, 128), { maxNewTokens: 3 });
    const ends: End[] = [];
    for (let time = 0; time < 3; time++) ends.push(await start(loop, whole).ended);
    expect(ends.map(found)).toEqual([0, 0, 64]);
    expect(ends[2]?.found).toEqual(ends[0]?.found);
    // The second chunk was kept all the same, for a prompt that goes on.
    expect(found(await start(loop, ask(1)).ended)).toBe(128);
  });

  it('takes chunks that were kept while it waited for its turn', async () => {
    const { loop } = open(DECODER, { prefixBytes: MEGABYTE, slots: 1 });
    const ends = await Promise.all([1, 2, 3, 4].map((rest) => start(loop, ask(rest)).ended));
    expect(ends.map(found)).toEqual([0, 0, 192, 192]);
    const together = open(DECODER, { prefixBytes: MEGABYTE, slots: 8 });
    const all = await Promise.all([1, 2, 3, 4].map((rest) => start(together.loop, ask(rest)).ended));
    // First chunks ran beside each other, and what two of them left serves the others.
    expect(all.map(found)).toEqual([0, 0, 128, 128]);
  });

  it('has a long prompt copied in parts, so that the steps of others go on', async () => {
    const { loop, session } = open(DECODER, { prefixBytes: MEGABYTE });
    const long = request(
      Array.from({ length: 900 }, (_, place) => (place * place) % VOCABULARY),
      { maxNewTokens: 1 },
    );
    for (let time = 0; time < 2; time++) await start(loop, long).ended;
    let copied: Promise<End> | undefined;
    const other = start(loop, request([1, 2, 3], { maxNewTokens: 10 }), () => {
      if (copied) return;
      session.shapes.length = 0;
      copied = start(loop, long).ended;
    });
    await other.ended;
    expect((await copied)?.timings.prefixTokens).toBe(896);
    // A step in the turn in which it came, and one behind each of two copies.
    expect(session.shapes.slice(0, session.shapes.indexOf('1x4'))).toEqual(['1x1', '1x1', '1x1']);
  });

  it('that finds a prefix keeps it from being the next to go', async () => {
    const { loop } = open(DECODER, { prefixBytes: 2 * CHUNK_BYTES });
    const [first, second, third] = [1, 2, 3].map((id) =>
      request(
        Array.from({ length: 70 }, () => id),
        { maxNewTokens: 1 },
      ),
    );
    const ends: End[] = [];
    for (const one of [first, first, second, second, first, third, third, first, second])
      if (one) ends.push(await start(loop, one).ended);
    expect(ends.map(found)).toEqual([0, 0, 0, 0, 64, 0, 0, 64, 0]);
  });

  it('takes its first chunk beside one that runs its own, and does not run it with that', async () => {
    const { loop, session } = open(DECODER, { prefixBytes: MEGABYTE });
    for (const rest of [1, 2]) await start(loop, ask(rest)).ended;
    session.shapes.length = 0;
    const cold = request(
      Array.from({ length: 70 }, () => 3),
      { maxNewTokens: 1 },
    );
    const ends = await Promise.all([cold, ask(3)].map((one) => start(loop, one).ended));
    expect(ends.map(found)).toEqual([0, 192]);
    expect(session.shapes).not.toContain('2x64');
  });

  it('that wants its prompt scored runs all of it', async () => {
    const { loop } = open(DECODER, { prefixBytes: MEGABYTE });
    for (const rest of [1, 2]) await start(loop, ask(rest)).ended;
    const scored = await start(loop, { ...ask(3), promptLogprobs: true }).ended;
    expect(found(scored)).toBe(0);
    expect(scored.prompt).toHaveLength(204);
  });

  it('of a model with an encoder shares nothing, because what a decoder reads depends on the source', async () => {
    const { loop } = open(CROSS, { prefixBytes: MEGABYTE });
    for (const source of [1, 2, 3]) {
      const end = await start(loop, { ...request([source]), start: FIXED }).ended;
      expect(found(end)).toBe(0);
    }
  });

  it('whose scores are no numbers leaves nothing', async () => {
    const { loop, session } = open(DECODER, { prefixBytes: MEGABYTE });
    const bad = request([...Array.from({ length: 64 }, () => VOCABULARY * 1_000_000), ...FIXED]);
    for (let time = 0; time < 3; time++) {
      const runs = session.runs;
      await expect(start(loop, bad).ended).rejects.toMatchObject({ code: 'SESSION_FAILED' });
      expect(session.runs - runs).toBe(1);
    }
  });

  it('shares nothing unless prefixes are to be kept', async () => {
    const { loop } = open(DECODER);
    for (const rest of [1, 2, 3]) expect(found(await start(loop, ask(rest)).ended)).toBe(0);
  });
});

it('memory of prefixes is counted, is bounded, and leaves that of requests as it was', async () => {
  const cacheBytes = 200_000;
  const plain = open(DECODER, { cacheBytes });
  const { loop } = open(DECODER, { cacheBytes, prefixBytes: 2 * CHUNK_BYTES });
  for (const rest of [1, 2, 3]) {
    await start(plain.loop, ask(rest)).ended;
    await start(loop, ask(rest)).ended;
  }
  expect(loop.load.cacheBytes - plain.loop.load.cacheBytes).toBe(2 * CHUNK_BYTES);
  const much = ask(4, { maxNewTokens: 10_000 });
  const refused = { code: 'TOO_MUCH_WORK', details: { cacheBytes: 1_228_800, maxCacheBytes: cacheBytes } };
  for (const one of [plain.loop, loop])
    expect(() => one.start(much, () => {})).toThrow(expect.objectContaining(refused));
});
