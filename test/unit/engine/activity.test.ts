import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Activity } from '../../../layers/engine/src/predict/activity.ts';

const MODEL = { name: 'sentiment', version: '1.0.1' };

/** A call that ends when it is told to. */
function callOf(activity: Activity) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { ended: activity.during(() => promise), end: resolve, fail: reject };
}

describe('the calls of a model', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  /** Disposes of the model, and tells whether it has been freed. */
  function dispose(activity: Activity) {
    const free = vi.fn(async () => {});
    const disposed = activity.dispose(free);
    const isFreed = async () => {
      await vi.advanceTimersByTimeAsync(0);
      return free.mock.calls.length > 0;
    };
    return { free, disposed, isFreed };
  }

  it('are refused over the most that there may be, by the number of those under way', async () => {
    const activity = new Activity(MODEL, 2);
    const calls = [callOf(activity), callOf(activity)];
    await expect(callOf(activity).ended).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: 'Model sentiment has 2 requests under way. Try again later.',
    });
    calls[0]?.fail(new Error('No.'));
    await expect(calls[0]?.ended).rejects.toThrow('No.');
    const next = callOf(activity);
    next.end('answered');
    expect(await next.ended).toBe('answered');
  });

  it('are refused once the model is disposed of, by its version', async () => {
    const activity = new Activity(MODEL, 2);
    expect(activity.isDisposed).toBe(false);
    await dispose(activity).disposed;
    expect(activity.isDisposed).toBe(true);
    await expect(activity.during(async () => 'run')).rejects.toMatchObject({
      code: 'PREDICTOR_DISPOSED',
      message: 'Model sentiment@1.0.1 was unloaded.',
    });
  });

  it('all end before the model is freed, which leaves no timer', async () => {
    const activity = new Activity(MODEL, 2);
    const calls = [callOf(activity), callOf(activity)];
    const { disposed, isFreed } = dispose(activity);
    calls[0]?.end('first');
    await calls[0]?.ended;
    expect(await isFreed()).toBe(false);
    calls[1]?.end('second');
    await disposed;
    expect(await isFreed()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are waited for half a minute, where one never ends', async () => {
    const activity = new Activity(MODEL, 2);
    callOf(activity);
    const { disposed, isFreed } = dispose(activity);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(await isFreed()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await disposed;
    expect(await isFreed()).toBe(true);
  });

  it('have their model freed once, however often it is disposed of', async () => {
    const activity = new Activity(MODEL, 2);
    const { disposed, free } = dispose(activity);
    await Promise.all([disposed, activity.dispose(free), dispose(activity).disposed]);
    expect(free).toHaveBeenCalledOnce();
  });
});
