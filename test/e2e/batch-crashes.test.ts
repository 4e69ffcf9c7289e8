import { expect, it } from 'vitest';
import { weather } from './batch-crashes.ts';
import type { Stored } from './batch-world.ts';

/** The values that differ from run to run: the name of the file and the time that it took. */
function withoutTimes({ key, body }: Stored) {
  if (key !== 'summary.json') return { key, body };
  const { input, seconds, rowsPerSecond, ...rest } = JSON.parse(body);
  expect([typeof seconds, typeof rowsPerSecond]).toEqual(['number', 'number']);
  return { key, ...rest, bytes: input.bytes };
}

it('the batch function leaves the same bytes however often its process is killed and however S3 behaves', async () => {
  const { calm, stormy, kills, troubles } = await weather({
    rows: 1200,
    partRows: 100,
    kills: 3,
    trouble: 0.1,
    longestLifeMs: 500,
  });
  expect(calm).toHaveLength(13);
  expect(
    calm
      .map(({ body }) => body)
      .join('')
      .match(/^\{"row":/gm),
  ).toHaveLength(1200);
  for (const results of stormy) expect(results.map(withoutTimes)).toEqual(calm.map(withoutTimes));
  expect(kills).toBe(3);
  expect(Object.values(troubles).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
});
