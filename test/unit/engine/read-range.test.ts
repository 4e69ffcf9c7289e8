import { expect, it } from 'vitest';
import type { ObjectReader } from '../../../layers/engine/src/store/s3/objects.ts';
import { readRange } from '../../../layers/engine/src/store/s3/read-range.ts';
import { DEFAULT_TRANSFER } from '../../../layers/engine/src/store/s3/transfer.ts';

it('a server that goes on after the end of a range is listened to no longer', async () => {
  const endless: ObjectReader = {
    read: async () => ({ etag: undefined, objectBytes: 10, body: zeros() }),
  };
  const request = { key: 'weights', range: { start: 0, end: 100 } };
  let bytes = 0;
  for await (const chunk of readRange(endless, request, DEFAULT_TRANSFER)) bytes += chunk.length;
  expect(bytes).toBe(10);
});

/** Ends with an error where a reader should have gone long before. */
async function* zeros(): AsyncGenerator<Uint8Array> {
  for (let chunks = 0; chunks < 1_000; chunks++) yield new Uint8Array(4);
  throw new TypeError('somebody listens for ever');
}
