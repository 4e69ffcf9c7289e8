import { setImmediate } from 'node:timers/promises';
import { EngineError } from '@pilotlight/engine';
import { describe, expect, it, vi } from 'vitest';
import type { Feeds, Outputs } from '../../../layers/engine/src/ports.ts';
import {
  anyEnded,
  disposeSessions,
  openSessions,
  planSessions,
} from '../../../layers/engine/src/session/open-sessions.ts';
import { openLater } from '../../../layers/engine/src/session/part-sessions.ts';
import { predictorOf, SummingSession } from './fakes.ts';

const first = { top_k: 1, function_to_apply: 'none' };

/** Runs in another thread, as it says: each run ends when the test lets it. */
class HeldSession extends SummingSession {
  readonly runsElsewhere = true;
  readonly batches: number[] = [];
  readonly #runs: PromiseWithResolvers<void>[] = [];

  override async run(feeds: Feeds): Promise<Outputs> {
    this.batches.push(feeds.input_ids?.dims[0] ?? 0);
    const run = Promise.withResolvers<void>();
    this.#runs.push(run);
    await run.promise;
    return super.run(feeds);
  }

  /** Ends the run under way, and lets everybody act on it. */
  async end(): Promise<void> {
    this.#runs.shift()?.resolve();
    await setImmediate();
  }

  /** Fails the runs under way. */
  fail(error: Error): void {
    for (const { reject } of this.#runs.splice(0)) reject(error);
  }
}

function withParts(shortLaneTokens = 0) {
  const [session, left, right] = [new HeldSession(), new HeldSession(), new HeldSession()];
  const batching = { kind: 'dynamic', limits: {}, shortLaneTokens, onBatch: () => {} } as const;
  const partSessions = openLater(async () => [left, right]);
  const predictor = predictorOf({ session, partSessions, batching });
  /** Calls that wait for nobody but their own batch. */
  const call = async (...texts: readonly string[]) => {
    const answers = texts.map((text) => predictor.predict(text, first));
    await setImmediate();
    return answers;
  };
  return { predictor, session, left, right, call, partSessions };
}

/** Each time that parts open they are two new sessions, listed in `opened`. */
function withNewParts() {
  const session = new HeldSession();
  const opened: HeldSession[] = [];
  const partSessions = openLater(async () => {
    const parts = [new HeldSession(), new HeldSession()];
    opened.push(...parts);
    return parts;
  });
  const batching = { kind: 'dynamic', limits: {}, shortLaneTokens: 0, onBatch: () => {} } as const;
  const predictor = predictorOf({ session, partSessions, batching });
  const call = async (text: string) => {
    const answer = predictor.predict(text, first);
    await setImmediate();
    return [answer];
  };
  return { session, opened, partSessions, call };
}

/** The parts have opened, and ran nothing. */
async function withOpenParts(shortLaneTokens = 0) {
  const parts = withParts(shortLaneTokens);
  const { session, left, right, call } = parts;
  const answers = [...(await call('a')), ...(await call('b'))];
  for (const busy of [session, left]) await busy.end();
  await Promise.all(answers);
  for (const { batches } of [session, left, right]) batches.length = 0;
  return parts;
}

describe('sessions that run at the same time', () => {
  it('leave a text that is alone to the one of all threads', async () => {
    const { session, left, right, call } = withParts();
    for (const text of ['a', 'b']) {
      const [answer] = await call(text);
      await session.end();
      await answer;
    }
    expect([session.batches, left.batches, right.batches]).toEqual([[1, 1], [], []]);
  });

  it('are opened by the first text that waits, and not before', async () => {
    const { session, left, call, partSessions } = withParts();
    const first = await call('a');
    expect(partSessions.opened).toEqual([]);
    const second = await call('b');
    expect([partSessions.opened.length, left.batches]).toEqual([2, [1]]);
    for (const busy of [session, left]) await busy.end();
    await Promise.all([...first, ...second]);
  });

  it('close after a minute in which none of them ran, and open anew for a text that waits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { session, call, partSessions, opened } = withNewParts();
      const ask = async () => {
        const answers = [...(await call('a')), ...(await call('b'))];
        for (const busy of [session, ...opened]) await busy.end();
        await Promise.all(answers);
      };
      await ask();
      await vi.advanceTimersByTimeAsync(59_000);
      await ask();
      await vi.advanceTimersByTimeAsync(59_000);
      expect([partSessions.opened.length, opened.map(({ ended }) => ended)]).toEqual([2, [false, false]]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect([partSessions.opened, opened.map(({ ended }) => ended)]).toEqual([[], [true, true]]);
      await ask();
      expect(opened.map(({ ended }) => ended)).toEqual([true, true, false, false]);
      await partSessions.dispose();
      expect(opened.every(({ ended }) => ended)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('stay open while one of them runs, however long that takes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { session, call, partSessions, opened } = withNewParts();
      const answers = [...(await call('a')), ...(await call('b'))];
      await session.end();
      await vi.advanceTimersByTimeAsync(90_000);
      expect(partSessions.opened).toHaveLength(2);
      await opened[0]?.end();
      await Promise.all(answers);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(partSessions.opened).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('make batches no larger than is of use to them, unless the limits of the queue say so', () => {
    const batching = { kind: 'dynamic', limits: {}, shortLaneTokens: 0, onBatch: () => {} } as const;
    const most = (changes: Parameters<typeof predictorOf>[0]) =>
      predictorOf({ batching, ...changes }).maxBatchTokens;
    const budget = most({});
    expect(most({ usefulTokens: budget - 1 })).toBe(budget - 1);
    expect(most({ usefulTokens: budget + 1 })).toBe(budget);
    const limits = { maxBatchTokens: 4 * budget };
    expect(most({ usefulTokens: budget - 1, batching: { ...batching, limits } })).toBe(4 * budget);
  });

  it('are done without where they cannot be opened: one session runs all, and says so once', async () => {
    const session = new HeldSession();
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const partSessions = openLater(() => Promise.reject(new RangeError('no memory')));
    const batching = { kind: 'dynamic', limits: {}, shortLaneTokens: 0, onBatch: () => {} } as const;
    const predictor = predictorOf({ session, partSessions, batching });
    const answers = ['a', 'b', 'c'].map((text) => predictor.predict(text, first));
    await setImmediate();
    for (let run = 0; run < 2; run++) await session.end();
    await Promise.all(answers);
    expect(session.batches).toEqual([1, 2]);
    expect(warned.mock.calls).toEqual([[expect.stringContaining('no memory'), 'PilotlightWarning']]);
    await predictor.dispose();
    expect(session.ended).toBe(true);
    warned.mockRestore();
  });

  it('each take a batch as soon as they are idle, and none waits for another', async () => {
    const { session, left, right, call } = withParts();
    const answers = [...(await call('a')), ...(await call('b')), ...(await call('c'))];
    expect([session.batches, left.batches, right.batches]).toEqual([[1], [1], [1]]);
    await right.end();
    await expect(answers[2]).resolves.toMatchObject({ results: [[{ score: 99 }]] });
    for (const busy of [session, left]) await busy.end();
    await Promise.all(answers);
  });

  it('share what waits: neither takes all of it', async () => {
    const { session, left, right, call } = withParts();
    const answers = [...(await call('a')), ...(await call('b')), ...(await call('c'))];
    answers.push(...(await call('d', 'e', 'f', 'g', 'h')));
    await left.end();
    await right.end();
    expect([left.batches, right.batches]).toEqual([
      [1, 3],
      [1, 2],
    ]);
    for (const busy of [session, left, right]) await busy.end();
    await Promise.all(answers);
  });

  it('leave a batch that is too large for one of them to both, even where nothing runs', async () => {
    const { predictor, session, left, right } = await withOpenParts();
    const answer = predictor.predict(
      Array.from({ length: 8 }, (_, index) => `twelve char${index}`),
      first,
    );
    await setImmediate();
    expect([session.batches, left.batches, right.batches]).toEqual([[], [2], [2]]);
    for (let batch = 0; batch < 2; batch++) for (const part of [left, right]) await part.end();
    expect((await answer).results).toHaveLength(8);
  });

  it('let short texts go first, on all threads, while they are busy with long ones', async () => {
    const { session, left, right, call } = withParts(4);
    const long = [
      ...(await call('a long text')),
      ...(await call('another one')),
      ...(await call('and one more')),
    ];
    await session.end();
    const waits = await call('yet another one', 'abcd');
    expect([session.batches, left.batches, right.batches]).toEqual([[1, 1], [1], [1]]);
    await session.end();
    await expect(waits[1]).resolves.toMatchObject({ results: [[{ score: 394 }]] });
    await left.end();
    for (const busy of [left, right]) await busy.end();
    await Promise.all([...long, ...waits]);
  });

  it('have the next batch before anybody is told of the last one', async () => {
    const { session, left, right, call } = withParts();
    const running = [...(await call('a')), ...(await call('b')), ...(await call('c'))];
    const waiting = await call('d');
    let runsWhenTold = 0;
    const told = running[1]?.then(() => {
      runsWhenTold = left.batches.length;
    });
    await left.end();
    await told;
    expect(runsWhenTold).toBe(2);
    for (const busy of [session, left, right]) await busy.end();
    await Promise.all([...running, ...waiting]);
  });

  it('tell a failure of one of them to its own calls alone, and go on', async () => {
    const { predictor, session, left, right } = await withOpenParts();
    left.run = () => Promise.reject(new TypeError('native'));
    const [alone, fails] = [predictor.predict('a', first), predictor.predict('b', first)];
    await expect(fails).rejects.toThrow('native');
    const next = predictor.predict('c', first);
    await expect(next).rejects.toThrow('native');
    await session.end();
    await alone;
    expect(right.batches).toEqual([]);
  });

  it('leave what waits to the others once one of them has died, and fail it once none is left', async () => {
    const { predictor, session, left, right, call } = withParts();
    const running = [...(await call('a')), ...(await call('b')), ...(await call('c'))];
    const waiting = [...(await call('d')), ...(await call('e'))];
    const died = new EngineError('SESSION_FAILED', 'The session died.');
    const die = async (one: HeldSession) => {
      one.ended = true;
      one.run = () => Promise.reject(died);
      one.fail(died);
      await setImmediate();
    };
    const failing = expect(running[1]).rejects.toBe(died);
    await die(left);
    await failing;
    await right.end();
    await right.end();
    await right.end();
    expect((await Promise.all([running[2], ...waiting])).map((answer) => answer?.results)).toEqual([
      [[expect.objectContaining({ score: 99 })]],
      [[expect.objectContaining({ score: 100 })]],
      [[expect.objectContaining({ score: 101 })]],
    ]);
    await die(right);
    const alone = await call('f');
    await session.end();
    await session.end();
    await expect(running[0]).resolves.toMatchObject({ results: [[{ score: 97 }]] });
    await expect(alone[0]).resolves.toMatchObject({ results: [[{ score: 102 }]] });
    await die(session);
    await expect(predictor.predict('g', first)).rejects.toBe(died);
  });

  it('make their predictor unusable once one of them has ended, and end with it', async () => {
    const { predictor, left, right } = await withOpenParts();
    right.ended = true;
    expect(predictor.usable).toBe(false);
    right.ended = false;
    await predictor.dispose();
    expect([left.ended, right.ended]).toEqual([true, true]);
  });
});

describe('the sessions of a model', () => {
  const settings = {
    intraOpThreads: 4,
    allowSpinning: true,
    parallelSessions: 2,
    batching: { kind: 'dynamic', shortLaneTokens: 32 },
  } as const;

  it('are one of all threads and parts of them, where calls share batches of a small model', () => {
    expect(planSessions(settings, 1000)).toMatchObject({ intraOpThreads: 4, parts: 2, withShort: true });
    expect(
      planSessions({ ...settings, batching: { kind: 'turns', shortLaneTokens: 32 } }, 1000),
    ).toMatchObject({
      parts: 0,
      withShort: false,
    });
  });

  it('are no parts of a model whose weights are large, of a single thread, or where there would be but one', () => {
    expect(planSessions(settings, 2 ** 27).parts).toBe(2);
    expect(planSessions(settings, 2 ** 27 + 1).parts).toBe(0);
    expect(planSessions({ ...settings, intraOpThreads: 1 }, 1000).parts).toBe(0);
    expect(planSessions({ ...settings, parallelSessions: 1 }, 1000).parts).toBe(0);
    expect(planSessions({ ...settings, parallelSessions: 9 }, 1000).parts).toBe(4);
  });

  it('share the threads, and those of batches give way and do not spin', async () => {
    const opened: unknown[] = [];
    const sessions = await openSessions(planSessions(settings, 1000), async (chosen) => {
      opened.push(chosen);
      return new SummingSession();
    });
    expect(opened).toEqual([{ intraOpThreads: 4, allowSpinning: true, niceness: 0 }]);
    const parts = (await sessions.partSessions?.open()) ?? [];
    const part = { intraOpThreads: 2, allowSpinning: false, niceness: 10 };
    expect(opened.slice(1)).toEqual([part, part]);
    expect([parts.length, anyEnded(sessions)]).toEqual([2, false]);
    expect(await sessions.partSessions?.open()).toBe(parts);
    expect(sessions.usefulTokens).toBe(1024);
  });

  it('are freed with their model, also those that are still being opened, and none opens afterwards', async () => {
    const opened: SummingSession[] = [];
    const open = async () => {
      const session = new SummingSession();
      opened.push(session);
      return session;
    };
    const opening = await openSessions(planSessions(settings, 1000), open);
    const parts = opening.partSessions?.open();
    await disposeSessions(opening);
    await parts;
    expect(opened.map(({ ended }) => ended)).toEqual([true, true, true]);
    const unused = await openSessions(planSessions(settings, 1000), open);
    await disposeSessions(unused);
    expect(await unused.partSessions?.open()).toEqual([]);
    expect(opened).toHaveLength(4);
  });

  it('are closed again where one of them does not open', async () => {
    const opened: SummingSession[] = [];
    const { partSessions } = await openSessions(planSessions(settings, 1000), async () => {
      if (opened.length === 2) throw new RangeError('no room');
      const session = new SummingSession();
      opened.push(session);
      return session;
    });
    await expect(partSessions?.open()).rejects.toThrow('no room');
    expect(opened.map(({ ended }) => ended)).toEqual([false, true]);
  });
});
