import type { DecoderFacts } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import type { TokenRequest } from '../../../../layers/engine/src/runtimes/generation/loop/decoder-port.ts';
import { type End, open, start } from './integer-loop.ts';
import { bestOf, CROSS, DECODER, logitsAfter, VOCABULARY, WINDOWED } from './integer-model.ts';
import { request } from './small-searches.ts';

/** The same numbers for the same seed. */
function numbersOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function ids(count: number, below: (most: number) => number): number[] {
  return Array.from({ length: count }, () => below(VOCABULARY));
}

function randomRequest(seed: number, facts: DecoderFacts): TokenRequest {
  const below = numbersOf(seed);
  const numBeams = below(3) === 0 ? 3 : 1;
  const input = ids(1 + below(seed % 7 === 0 ? 180 : 40), below);
  const asked = request(input, { maxNewTokens: 1 + below(30), numBeams, eos: [below(VOCABULARY)] });
  return facts.cross ? { ...asked, start: ids(1 + below(seed % 5 === 0 ? 70 : 2), below) } : asked;
}

describe.each([
  ['a decoder', DECODER],
  ['a decoder with windows', WINDOWED],
  ['an encoder and a decoder', CROSS],
])('%s', (_title, facts) => {
  it('gives every step of every request what a forward without a cache gives it, whoever runs beside it', async () => {
    const { loop, seen } = open(facts);
    const asked = Array.from({ length: 24 }, (_, seed) => randomRequest(seed + 1, facts));
    await Promise.all(asked.map((one) => start(loop, one).ended));
    for (const { request: one, rows } of seen) {
      for (const { ids: before, scores, classes } of rows) {
        const best = bestOf(logitsAfter(before, facts, facts.cross ? one.input : []), 4);
        expect(classes.slice(0, 4)).toEqual(best.map(([id]) => id));
        expect(scores.slice(0, 4)).toEqual(best.map(([, logit]) => Math.fround(logit)));
      }
    }
    expect(seen.reduce((sum, { rows }) => sum + rows.length, 0)).toBeGreaterThan(300);
    expect(loop.load).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe('a request', () => {
  const prompt = [3, 1, 4, 1, 5];

  it('is told of its tokens and its end after `start` has returned, in order', async () => {
    const { loop } = open(DECODER);
    const told: string[] = [];
    loop.start(request(prompt, { maxNewTokens: 3 }), ({ kind }) => told.push(kind));
    expect(told).toEqual([]);
    await start(loop, request(prompt, { maxNewTokens: 4 })).ended;
    expect(told).toEqual(['tokens', 'tokens', 'tokens', 'end']);
  });

  it('ends with what it has within one step of being cancelled, and frees its slot', async () => {
    const { loop, session } = open(DECODER, { slots: 1 });
    let runs = 0;
    const { running, ended } = start(loop, request(prompt, { maxNewTokens: 1000 }), () => {
      if (++runs !== 5) return;
      running.cancel();
      runs = session.runs;
    });
    const next = start(loop, request(prompt, { maxNewTokens: 2 }));
    const { found, timings } = await ended;
    expect(session.runs - runs).toBeLessThanOrEqual(1);
    expect(found).toMatchObject([{ finish: 'cancelled', ids: { length: 5 } }]);
    expect(timings.steps).toBe(5);
    await expect(next.ended).resolves.toMatchObject({ found: [{ finish: 'length' }] });
  });

  it('that waits for a slot ends at once where it is cancelled', async () => {
    const { loop } = open(DECODER, { slots: 1 });
    const first = start(loop, request(prompt, { maxNewTokens: 200 }));
    const second = start(loop, request(prompt));
    second.running.cancel();
    await expect(second.ended).resolves.toMatchObject({ found: [{ finish: 'cancelled', ids: [] }] });
    expect(loop.load).toMatchObject({ running: 1, waiting: 0, slots: 1 });
    first.running.cancel();
    await first.ended;
  });

  it('ends once its time is over, with what it has', async () => {
    const { loop } = open(DECODER);
    const { ended } = start(loop, { ...request(prompt, { maxNewTokens: 100_000 }), deadlineMs: 50 });
    const { found, timings } = await ended;
    expect(found[0]?.finish).toBe('deadline');
    expect(found[0]?.ids.length).toBeGreaterThan(0);
    expect(timings.queueMs + timings.prefillMs + timings.decodeMs).toBeLessThan(1000);
  });

  it('is refused where too many wait', async () => {
    const { loop } = open(DECODER, { slots: 1, maxWaiting: 2 });
    const taken = [1, 2, 3].map(() => start(loop, request(prompt)));
    expect(() => loop.start(request(prompt), () => {})).toThrow(
      expect.objectContaining({ code: 'OVERLOADED' }),
    );
    await Promise.all(taken.map(({ ended }) => ended));
    await expect(start(loop, request(prompt)).ended).resolves.toBeDefined();
  });

  it('is refused where it alone may need more memory than there is', () => {
    const { loop } = open(DECODER, { cacheBytes: 100_000 });
    expect(() => loop.start(request(prompt, { maxNewTokens: 2000 }), () => {})).toThrow(
      expect.objectContaining({
        code: 'TOO_MUCH_WORK',
        details: { cacheBytes: 245_760, maxCacheBytes: 100_000 },
      }),
    );
  });

  it('waits while the others leave it no memory', async () => {
    const { loop } = open(DECODER, { cacheBytes: 50_000, slots: 10 });
    const most = { running: 0, bytes: 0 };
    const asked = Array.from({ length: 6 }, () =>
      start(loop, request(prompt, { maxNewTokens: 150 }), () => {
        most.running = Math.max(most.running, loop.load.running);
        most.bytes = Math.max(most.bytes, loop.load.cacheBytes);
      }),
    );
    await Promise.all(asked.map(({ ended }) => ended));
    expect(most.running).toBe(2);
    expect(most.bytes).toBeLessThanOrEqual(50_000);
  });

  it('in the background goes after all others that wait', async () => {
    const { loop } = open(DECODER, { slots: 1 });
    const order: string[] = [];
    const begin = (name: string, background: boolean) =>
      start(loop, { ...request(prompt, { maxNewTokens: 1 }), background }, () => order.push(name)).ended;
    await Promise.all([
      begin('first', true),
      begin('second', true),
      begin('third', false),
      begin('last', false),
    ]);
    expect(order).toEqual(['third', 'last', 'first', 'second']);
  });

  it('that cannot be run fails alone, if it runs alone, and the others go on', async () => {
    const { loop, session } = open(DECODER);
    session.fails = (feeds) => feeds.ids?.dims[1] === 48;
    const fails = start(loop, request(Array.from({ length: 40 }, () => 2)));
    const works = start(loop, request(prompt));
    await expect(fails.ended).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    await expect(works.ended).resolves.toMatchObject({ found: [{ finish: 'length' }] });
    expect(loop.load).toMatchObject({ running: 0, waiting: 0 });
  });

  it('for whose cache there is no memory fails, and so does the next one', async () => {
    const { loop } = open({ ...DECODER, heads: 2 ** 20, dim: 2 ** 20 }, { cacheBytes: Number.MAX_VALUE });
    for (const asked of [request([1]), request([2])])
      await expect(start(loop, asked).ended).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    expect(loop.load).toMatchObject({ running: 0, waiting: 0, cacheBytes: 0 });
  });

  it('whose scores are no numbers fails, and leaves nothing behind that others would see', async () => {
    const { loop } = open(DECODER);
    const bad = start(loop, request([...prompt, VOCABULARY * 1_000_000]));
    await expect(bad.ended).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      message: expect.stringContaining('no numbers'),
    });
    await expect(start(loop, request(prompt)).ended).resolves.toBeDefined();
  });

  it('that came last has its first token before a long one that came first has ended', async () => {
    const { loop } = open(DECODER);
    const order: string[] = [];
    const long = start(loop, request(Array.from({ length: 400 }, () => 7)), () => order.push('long'));
    const short = start(loop, request(prompt, { maxNewTokens: 5 }), () => order.push('short'));
    await Promise.all([long.ended, short.ended]);
    expect(order.slice(0, 5)).toEqual(['short', 'short', 'short', 'short', 'short']);
  });
});

it('a prompt runs in chunks that follow from its length, and prompts of like length run together', async () => {
  const { loop, session } = open(DECODER, { slots: 10 });
  const lengths = [1, 4, 10, 12, 64, 65, 150];
  const asked = lengths.map((length) =>
    start(
      loop,
      request(
        Array.from({ length }, () => 5),
        { maxNewTokens: 1 },
      ),
    ),
  );
  await Promise.all(asked.map(({ ended }) => ended));
  expect(session.shapes.filter((shape) => !shape.endsWith('x1')).sort()).toEqual([
    '1x32',
    '1x4',
    '1x64',
    '2x16',
    '3x64',
  ]);
});

it('prompts of like length run by twos where the steps of others wait for them', async () => {
  const { loop, session } = open(DECODER, { slots: 10 });
  const prompts: Promise<End>[] = [];
  const ask = () => {
    if (prompts.length > 0) return;
    for (let count = 0; count < 4; count++) {
      prompts.push(
        start(
          loop,
          request(
            Array.from({ length: 64 }, () => 5),
            { maxNewTokens: 1 },
          ),
        ).ended,
      );
    }
  };
  await start(loop, request([1], { maxNewTokens: 20 }), ask).ended;
  await Promise.all(prompts);
  expect(session.shapes.filter((shape) => !shape.endsWith('x1'))).toEqual(['2x64', '2x64']);
});

it('sources of like length are read together, and no step waits for one of another length', async () => {
  const { loop, encoder } = open(CROSS, { slots: 10 });
  const asked = [3, 15, 16, 17, 30].map((length) => ({
    ...request(
      Array.from({ length }, () => 5),
      { maxNewTokens: 2 },
    ),
    start: [0],
  }));
  await Promise.all(asked.map((one) => start(loop, one).ended));
  expect(encoder?.shapes).toEqual(['3x16', '2x32']);
});

it('disposes of its sessions after the last request', async () => {
  const { loop, session } = open(DECODER);
  const { ended } = start(loop, request([1, 2]));
  const disposed = loop.dispose();
  expect(session.ended).toBe(false);
  expect(() => loop.start(request([1]), () => {})).toThrow(
    expect.objectContaining({ code: 'SESSION_FAILED' }),
  );
  await Promise.all([ended, disposed]);
  expect(session.ended).toBe(true);
});

it('keeps no more memory the longer it runs', async () => {
  const { loop } = open(DECODER);
  const bytes: number[] = [];
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 8 }, (_, seed) => start(loop, randomRequest(seed + 2, DECODER)).ended),
    );
    bytes.push(loop.load.cacheBytes);
  }
  expect(new Set(bytes.slice(1)).size).toBe(1);
});
