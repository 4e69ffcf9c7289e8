import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringifyInSlices } from '../../../functions/app/src/http/answer/json-in-slices.ts';

it('JSON in slices gives what predictionJson gives, of any value', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
      expect(await stringifyInSlices(value)).toBe(predictionJson(value));
    }),
  );
  const vectors = [[[1.5, -0], []], [], [[Number.NaN, 1e21]]];
  expect(await stringifyInSlices(vectors)).toBe('[[[1.5,-0.0],[]],[],[[null,1e+21]]]');
});

it('JSON in slices lets other work go between the vectors of many tokens', async () => {
  const text = Array.from({ length: 128 }, () => Array.from({ length: 384 }, Math.random));
  let [turns, over] = [0, false];
  const tick = () => {
    turns += 1;
    if (!over) setImmediate(tick);
  };
  setImmediate(tick);
  await stringifyInSlices([text, text, text, text, text, text, text, text]);
  over = true;
  // Some 80 ms of work, in slices of 4.
  expect(turns).toBeGreaterThan(5);
});
