import { S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { type NewObject, type ObjectHead, S3Objects } from '../../../../functions/app/src/aws/s3-objects.ts';
import { processObject } from '../../../../functions/batch/src/object/process-object.ts';
import { predictorOf } from '../../engine/fakes.ts';

const KEY = 'in/parity/rows.jsonl';

/** A bucket with one file, whose bytes cannot be read. */
class UnreadableBucket extends S3Objects {
  reads = 0;
  readonly written: NewObject[] = [];
  readonly #options: string;
  readonly #head: Partial<ObjectHead>;

  constructor(options: string, head: Partial<ObjectHead> = {}) {
    const client = new S3Client({ region: 'eu-central-1' });
    super(client, 'bucket');
    this.#options = options;
    this.#head = head;
    client.send = () => {
      this.reads += 1;
      throw new TypeError('The file is not to be read.');
    };
  }

  override async head(key: string): Promise<ObjectHead | undefined> {
    if (key !== KEY) return undefined;
    return { etag: '"one"', bytes: 10, metadata: { 'pilotlight-options': this.#options }, ...this.#head };
  }

  override async text(): Promise<undefined> {
    return undefined;
  }

  override async put(object: NewObject): Promise<boolean> {
    this.written.push(object);
    return true;
  }
}

function processWith(objects: S3Objects, remainingMs = 60_000) {
  return processObject(
    { bucket: 'bucket', key: KEY },
    {
      objects,
      engine: { bulkModel: async () => predictorOf() },
      engineVersion: '1.0.0',
      prefixes: { input: 'in/', output: 'out/' },
      partRows: 100,
      maxRowBytes: 1000,
      goOnLater: async () => {},
    },
    { remainingMs: () => remainingMs },
  );
}

it('a file whose options have a parameter that its task refuses is refused before a byte of it is read', async () => {
  const bucket = new UnreadableBucket('{"parameters":{"top_k":"many"}}');
  await expect(processWith(bucket)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  expect(bucket.reads).toBe(0);
  expect(bucket.written.map(({ key }) => key)).toEqual(['out/parity@1.0.0/rows.jsonl/summary.json']);
  expect(JSON.parse(String(bucket.written[0]?.body))).toMatchObject({
    model: { name: 'parity', version: '1.0.0' },
    parameters: { top_k: 'many' },
    error: { code: 'INVALID_PARAMETER' },
    rowsIn: 0,
  });
});

it('a file whose options its task takes is read', async () => {
  const bucket = new UnreadableBucket('{"parameters":{"top_k":1}}');
  await expect(processWith(bucket)).rejects.toThrow();
  expect(bucket.reads).toBeGreaterThan(0);
});

it('a file whose Content-Encoding is not understood is refused by its name before a byte of it is read', async () => {
  const bucket = new UnreadableBucket('{}', { contentEncoding: 'br' });
  await expect(processWith(bucket)).rejects.toMatchObject({ code: 'FORMAT_NOT_SUPPORTED' });
  expect(bucket.reads).toBe(0);
  expect(JSON.parse(String(bucket.written[0]?.body))).toMatchObject({
    error: { code: 'FORMAT_NOT_SUPPORTED', message: expect.stringContaining('"br"') },
  });
});

it('a file of which no byte ever comes ends with the time, so that others have their turn', async () => {
  const bucket = new UnreadableBucket('{}');
  bucket.client.send = () => new Promise(() => {});
  await expect(processWith(bucket, 400)).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
  expect(JSON.parse(String(bucket.written[0]?.body))).toMatchObject({ error: { code: 'OUT_OF_TIME' } });
});
