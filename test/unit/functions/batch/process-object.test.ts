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

  constructor(options: string) {
    const client = new S3Client({ region: 'eu-central-1' });
    super(client, 'bucket');
    this.#options = options;
    client.send = () => {
      this.reads += 1;
      throw new TypeError('The file is not to be read.');
    };
  }

  override async head(key: string): Promise<ObjectHead | undefined> {
    if (key !== KEY) return undefined;
    return { etag: '"one"', bytes: 10, metadata: { 'pilotlight-options': this.#options } };
  }

  override async text(): Promise<undefined> {
    return undefined;
  }

  override async put(object: NewObject): Promise<boolean> {
    this.written.push(object);
    return true;
  }
}

function processWith(objects: S3Objects) {
  return processObject(
    { bucket: 'bucket', key: KEY },
    {
      objects,
      engine: { predictor: async () => predictorOf() },
      engineVersion: '1.0.0',
      prefixes: { input: 'in/', output: 'out/' },
      partRows: 100,
      maxRowBytes: 1000,
      goOnLater: async () => {},
    },
    { remainingMs: () => 60_000 },
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
