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

  it('gives no answer to a call whose client has gone', async () => {
    const cache = new AnswerCache(10_000);
    const { run } = model();
    await cache.answer({ identity: ['a'], run });
    const gone = new Error('gone');
    const signal = AbortSignal.abort(gone);
    await expect(cache.answer({ identity: ['a'], signal, run })).rejects.toBe(gone);
  });
});
