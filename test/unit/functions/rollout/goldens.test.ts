import { EngineError, type GoldenCheck } from '@pilotlight/engine';
import { expect, it } from 'vitest';
import { isFault, runGolden, runGoldens } from '../../../../functions/app/src/serve/rollout/goldens.ts';

/** A model that gives these checks, and begins again after the last. */
function modelOf(checks: readonly Partial<GoldenCheck>[], ms = 0) {
  let next = 0;
  const checkGolden = async () => {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    const check = checks[next % checks.length];
    next += 1;
    return check as GoldenCheck;
  };
  return { checkGolden, asked: () => next };
}
const THREE = [
  { line: 1, drift: 0 },
  { line: 3, drift: 2 },
  { line: 8, problem: 'no' },
];

it('each golden of a model runs once, in the order in which it gives them', async () => {
  expect(await runGoldens(modelOf(THREE), 10_000)).toEqual(THREE);
});

it('goldens stop once their time is over, and at least one runs', async () => {
  const slow = modelOf(THREE, 5);
  expect(await runGoldens(slow, 0)).toEqual(THREE.slice(0, 1));
  expect(slow.asked()).toBe(1);
});

it('a model whose runtime has no goldens answers none, and is at no fault', async () => {
  expect(await runGoldens({}, 10_000)).toEqual([]);
  expect(await runGolden({})).toEqual({});
});

it.each([
  [{ line: 1, drift: 1 }, false],
  [{ line: 1, drift: 1.01 }, true],
  [{ line: 1, problem: 'other tokens' }, true],
])('a golden that is %j is a fault: %s', (check, expected) => {
  expect(isFault(check)).toBe(expected);
});

it.each([
  [new EngineError('SESSION_FAILED', 'The session failed.'), 'The session failed.'],
  [new TypeError('my text'), 'The golden could not be run.'],
])('a golden that ends with an error is a problem, in words of ours alone: %s', async (error, problem) => {
  const failures: unknown[] = [];
  const checkGolden = () => Promise.reject(error);
  expect(await runGolden({ checkGolden }, (failure) => failures.push(failure))).toEqual({ problem });
  expect(failures).toEqual([error]);
  expect(await runGoldens({ checkGolden }, 10_000)).toEqual([{ problem }]);
});
