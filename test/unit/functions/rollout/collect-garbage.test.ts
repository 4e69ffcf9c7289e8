import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../../../functions/app/src/serve/rollout/collect-garbage.ts';

it.each(['the first', 'the next'])('what nobody uses is gone after %s collection', async () => {
  const leave = () => new WeakRef({ of: 'a version that was freed' });
  const left = leave();
  await setImmediate();
  collectGarbage();
  expect(left.deref()).toBeUndefined();
});
