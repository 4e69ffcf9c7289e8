import { EngineError } from '@pilotlight/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerCache } from '../../../layers/engine/src/predict/answer-cache.ts';
import type { Prediction } from '../../../layers/engine/src/predict/loaded-model.ts';

const predictionOf = (results: readonly unknown[]): Prediction => ({
  results,
  timings: { tokenizeMs: 1, queueMs: 2, inferMs: 3, postprocessMs: 4 },
  tokens: { total: 5, padded: 6, truncated: 7 },
  truncated: results.map(() => 7),
  model: { name: 'a', version: '1.0.0', variant: 'int8' },
  batches: { count: 1, size: 1, tokens: 5 },
});

/** Counts its runs, and answers with its own number in that order. */
function model(results: readonly unknown[] = [0.5]) {
  const runs: number[] = [];
  const run = async () => {
    runs.push(runs.length);
    return predictionOf(results);
  };
  return { runs, run };
}

/** Bytes that a cache counts for an answer. */
async function bytesOf(changes: Partial<Prediction>): Promise<number> {
  const cache = new AnswerCache(1e9);
  await cache.answer({ identity: [1], run: async () => ({ ...predictionOf([0.5]), ...changes }) });
  return cache.state.bytes;
}

describe('an answer cache', () => {
  it('gives the answer to the same call before, which took no time and read no padding', async () => {
    const cache = new AnswerCache(10_000);
    const { run, runs } = model([{ label: 'a', score: 0.25 }]);
    const identity = ['a', '1.0.0', { top_k: 1 }, 'text'];
    expect(await cache.answer({ identity, run })).toEqual({ ...(await run()), cached: false });
    expect(await cache.answer({ identity: structuredClone(identity), run })).toEqual({
      results: [{ label: 'a', score: 0.25 }],
      timings: { tokenizeMs: 0, queueMs: 0, inferMs: 0, postprocessMs: 0 },
      tokens: { total: 5, padded: 0, truncated: 7 },
      truncated: [7],
      model: { name: 'a', version: '1.0.0', variant: 'int8' },
      cached: true,
    });
    expect(runs).toHaveLength(2);
    expect(cache.state).toMatchObject({ hits: 1, misses: 1, answers: 1 });
  });

  it.each([
    ['version', ['a', '2.0.0', {}, 'text']],
    ['parameter', ['a', '1.0.0', { top_k: 1 }, 'text']],
    ['input', ['a', '1.0.0', {}, 'Text']],
    ['input that is a list', ['a', '1.0.0', {}, ['text']]],
  ])('runs a call with another %s', async (_, identity) => {
    const cache = new AnswerCache(10_000);
    const { run, runs } = model();
    await cache.answer({ identity: ['a', '1.0.0', {}, 'text'], run });
    expect((await cache.answer({ identity, run })).cached).toBe(false);
    expect(runs).toHaveLength(2);
  });

  it('never holds more bytes than it may, whatever it is asked', async () => {
    const sizes = fc.array(fc.tuple(fc.nat(12), fc.nat(400)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 9000 }), async (calls, most) => {
        const cache = new AnswerCache(most);
        for (const [call, length] of calls) {
          await cache.answer({ identity: [call], run: model([new Array(length).fill(0.5)]).run });
          expect(cache.state.bytes).toBeLessThanOrEqual(most);
          expect(cache.state.bytes).toBeGreaterThanOrEqual(cache.state.answers * 700);
        }
        const { hits, misses } = cache.state;
        expect(hits + misses).toBe(calls.length);
      }),
    );
  });

  it('counts at least 8 bytes a number, and 2 a character', async () => {
    const cache = new AnswerCache(1e6);
    await cache.answer({ identity: [1], run: model([new Array(1000).fill(0.5)]).run });
    expect(cache.state.bytes).toBeGreaterThan(8000);
    const before = cache.state.bytes;
    await cache.answer({ identity: [2], run: model([{ word: 'x'.repeat(1000) }]).run });
    expect(cache.state.bytes - before).toBeGreaterThan(2000);
  });

  it('lets the answer go that was not asked for the longest', async () => {
    const cache = new AnswerCache(2500);
    const { run } = model();
    const ask = async (call: string) => (await cache.answer({ identity: [call], run })).cached;
    for (const call of ['a', 'b']) await ask(call);
    expect(cache.state.answers).toBe(2);
    expect([await ask('a'), await ask('c'), await ask('d')]).toEqual([true, false, false]);
    expect(await ask('b')).toBe(false);
    expect(cache.state.answers).toBeLessThanOrEqual(3);
  });

  it('keeps the answer that was asked for again, and lets one go that came after it', async () => {
    const cache = new AnswerCache(2500);
    const { run } = model();
    const ask = async (call: string) => (await cache.answer({ identity: [call], run })).cached;
    for (const call of ['a', 'b', 'a', 'c']) await ask(call);
    expect([await ask('a'), await ask('b')]).toEqual([true, false]);
  });

  it('keeps answers that fill it to the last byte, and no more than those', async () => {
    const bytes = await bytesOf({});
    const kept = async (mostBytes: number) => {
      const cache = new AnswerCache(mostBytes);
      for (const call of [1, 2]) await cache.answer({ identity: [call], run: model().run });
      return cache.state.answers;
    };
    expect(await Promise.all([bytes - 1, bytes, 2 * bytes - 1, 2 * bytes].map(kept))).toEqual([0, 1, 1, 2]);
  });

  it('counts the whole answer: its results, what was cut off each, and its readings', async () => {
    const numbers = new Array(1000).fill(7);
    const bytes = await bytesOf({});
    expect((await bytesOf({ truncated: numbers })) - bytes).toBe(999 * 8);
    expect((await bytesOf({ results: numbers })) - bytes).toBe(999 * 8);
    expect(await bytesOf({ results: [null] })).toBeGreaterThan(700);
    const readings = numbers.map(() => ({ tokens: 7 }));
    expect((await bytesOf({ readings })) - bytes).toBeGreaterThan(1000 * 16);
  });

  it('counts an answer once that was run twice at once', async () => {
    const cache = new AnswerCache(10_000);
    const { run, runs } = model();
    await Promise.all([false, true].map((background) => cache.answer({ identity: [1], background, run })));
    expect(runs).toHaveLength(2);
    expect(cache.state).toMatchObject({ answers: 1, bytes: await bytesOf({}) });
  });

  it('gives the readings of an answer again, and none where it had none', async () => {
    const cache = new AnswerCache(10_000);
    const readings = [{ tokens: 7 }];
    const run = async () => ({ ...predictionOf([0.5]), readings });
    await cache.answer({ identity: ['read'], run });
    const hit = await cache.answer({ identity: ['read'], run });
    expect(hit.readings).toEqual(readings);
    await cache.answer({ identity: ['not read'], run: model().run });
    const other = await cache.answer({ identity: ['not read'], run: model().run });
    expect(Object.keys(other).sort()).toEqual(
      Object.keys(hit)
        .filter((name) => name !== 'readings')
        .sort(),
    );
  });

  it('keeps no answer that is larger than all of it, and pushes none out for it', async () => {
    const cache = new AnswerCache(2000);
    await cache.answer({ identity: ['small'], run: model().run });
    await cache.answer({ identity: ['large'], run: model([new Array(1000).fill(0.5)]).run });
    expect(cache.state.answers).toBe(1);
    expect((await cache.answer({ identity: ['small'], run: model().run })).cached).toBe(true);
  });

  it('runs a call once that is asked many times at once', async () => {
    const cache = new AnswerCache(10_000);
    const { run, runs } = model();
    const answers = await Promise.all([1, 2, 3].map(() => cache.answer({ identity: ['a'], run })));
    expect(answers.map(({ cached }) => cached)).toEqual([false, true, true]);
    expect(runs).toHaveLength(1);
  });

  it('keeps no error, and gives nobody that of another call', async () => {
    const cache = new AnswerCache(10_000);
    const failure = new EngineError('SESSION_FAILED', 'No.');
    const { run, runs } = model();
    const failing = cache.answer({ identity: ['a'], run: () => Promise.reject(failure) });
    const others = [1, 2, 3].map(() => cache.answer({ identity: ['a'], run }));
    await expect(failing).rejects.toBe(failure);
    expect((await Promise.all(others)).map(({ cached }) => cached)).toEqual([false, true, true]);
    expect(runs).toHaveLength(1);
  });

  it('has no call wait for more than two that fail, however many are asked at once', async () => {
    const cache = new AnswerCache(10_000);
    const [runs, atOnce] = [[] as number[], new Set<number>()];
    const run = async () => {
      const own = runs.push(atOnce.size + 1);
      atOnce.add(own);
      await new Promise((resolve) => setTimeout(resolve, 5));
      atOnce.delete(own);
      throw new EngineError('OVERLOADED', `No ${own}.`);
    };
    const calls = Array.from({ length: 10 }, () => cache.answer({ identity: ['a'], run }));
    const told = (await Promise.allSettled(calls)).map((call) => 'reason' in call && String(call.reason));
    expect(new Set(told).size).toBe(10);
    expect(runs).toEqual([1, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await cache.answer({ identity: ['a'], run: model().run })).cached).toBe(false);
    expect((await cache.answer({ identity: ['a'], run })).cached).toBe(true);
  });

  it('has no call wait for the same one in the background', async () => {
    const cache = new AnswerCache(10_000);
    const never = cache.answer({ identity: ['a'], background: true, run: () => new Promise(() => {}) });
    const { run, runs } = model();
    expect((await cache.answer({ identity: ['a'], run })).cached).toBe(false);
    expect(runs).toHaveLength(1);
    await expect(Promise.race([never, 'pending'])).resolves.toBe('pending');
  });

  it('gives each of several calls in the background its own answer', async () => {
    const cache = new AnswerCache(10_000);
    const calls = [1, 2, 1].map((call) =>
      cache.answer({ identity: [call], background: true, run: model([call]).run }),
    );
    const answers = await Promise.all(calls);
    expect(answers.map(({ results, cached }) => [...results, cached])).toEqual([
      [1, false],
      [2, false],
      [1, true],
    ]);
  });

  it('has a call wait for one under way after another one has ended that ran beside it', async () => {
    const cache = new AnswerCache(10_000);
    const runs: PromiseWithResolvers<Prediction>[] = [];
    const run = () => {
      const own = Promise.withResolvers<Prediction>();
      runs.push(own);
      return own.promise;
    };
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const calls = [1, 2, 3, 4].map(() => cache.answer({ identity: ['a'], run }).catch(() => 'failed'));
    for (const place of [0, 1, 2]) {
      await settle();
      runs[place]?.reject(new EngineError('OVERLOADED', 'No.'));
    }
    expect(await Promise.all(calls.slice(0, 3))).toEqual(['failed', 'failed', 'failed']);
    expect(runs).toHaveLength(4);
    const late = cache.answer({ identity: ['a'], run });
    runs[3]?.resolve(predictionOf([0.5]));
    expect((await late).cached).toBe(true);
    expect(runs).toHaveLength(4);
  });

  it('gives no answer to a call whose client has gone', async () => {
    const cache = new AnswerCache(10_000);
    const { run } = model();
    await cache.answer({ identity: ['a'], run });
    const gone = new Error('gone');
    const signal = AbortSignal.abort(gone);
    await expect(cache.answer({ identity: ['a'], signal, run })).rejects.toBe(gone);
  });
});
