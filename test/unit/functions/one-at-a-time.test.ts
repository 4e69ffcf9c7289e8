import { expect, it } from 'vitest';
import { oneAtATime } from '../../../functions/app/src/serve/one-at-a-time.ts';

/** Work whose runs end by hand. */
function workByHand() {
  const runs: PromiseWithResolvers<string>[] = [];
  const work = oneAtATime(() => {
    const run = Promise.withResolvers<string>();
    runs.push(run);
    return run.promise;
  });
  return { work, runs };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('of many callers at once, the first has a run, and all others share the one after it', async () => {
  const { work, runs } = workByHand();
  const answers = [work(), work(), work()];
  expect(runs).toHaveLength(1);
  runs[0]?.resolve('before');
  await settled();
  expect(runs).toHaveLength(2);
  answers.push(work());
  runs[1]?.resolve('after');
  await settled();
  runs[2]?.resolve('last');
  expect(await Promise.all(answers)).toEqual(['before', 'after', 'after', 'last']);
});

it('a run that fails fails its own callers alone', async () => {
  const { work, runs } = workByHand();
  const failed = work();
  const shared = work();
  runs[0]?.reject(new Error('no'));
  await expect(failed).rejects.toThrow('no');
  await settled();
  runs[1]?.resolve('yes');
  expect(await shared).toBe('yes');
  await settled();
  const next = work();
  expect(runs).toHaveLength(3);
  runs[2]?.resolve('again');
  expect(await next).toBe('again');
});
