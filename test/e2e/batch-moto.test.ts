/** The batch function on an S3 and an SQS that are not ours, so that both may not be wrong in the same way. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { Engine, S3Store } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { S3Objects } from '../../functions/app/src/aws/s3-objects.ts';
import { SqsQueue } from '../../functions/app/src/aws/sqs-queue.ts';
import { readBatchConfig } from '../../functions/app/src/settings/batch-config.ts';
import { createHandler } from '../../functions/batch/src/create-handler.ts';
import { createProcessor } from '../../functions/batch/src/object/processor.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { hasMoto, type Moto, startMoto } from './moto.ts';

const PLENTY = () => 60_000;
/** Time for one part, after which the function goes on in another invocation. */
const LITTLE = () => 31_000;
const OUT = 'out/sentiment@1.0.1/';
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify({ id: i, text: `a good film ${i}` })}\n`).join(
    '',
  );

describe.skipIf(!hasMoto)("the batch function (skipped without moto: pip install 'moto[server]')", () => {
  let moto: Moto;
  let engine: Engine;
  beforeAll(async () => {
    process.env.POWERTOOLS_METRICS_DISABLED = 'true';
    moto = await startMoto();
    engine = new Engine({ packages: 'model-assets/packages', intraOpThreads: 1 });
  }, 60_000);
  afterAll(async () => {
    await moto.close();
    await engine.dispose();
  });

  function handlerOf(models: Pick<Engine, 'bulkModel'> = engine) {
    const config = readBatchConfig({ ...moto.environment, PILOTLIGHT_BATCH_PART_ROWS: '20' });
    const queue = new SqsQueue(moto.sqs, config.PILOTLIGHT_BATCH_QUEUE_URL);
    const deadLetters = new SqsQueue(moto.sqs, config.PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL ?? '');
    return createHandler({
      processor: createProcessor(config, {
        engine: models,
        engineVersion: 'test',
        objects: new S3Objects(moto.s3, config.PILOTLIGHT_BATCH_BUCKET),
        goOnLater: (message) => queue.send(message),
      }),
      queues: { queue, deadLetters },
      logger: new Logger({ logLevel: 'SILENT' }),
      metrics: new Metrics({ namespace: 'Test', serviceName: 'test' }),
    });
  }

  /** Acts as Lambda until the queue is empty, and counts the invocations. */
  async function work(handler = handlerOf(), remainingMs: () => number = PLENTY): Promise<number> {
    for (let invocations = 0; ; invocations++) {
      const message = await moto.receive();
      if (!message) return invocations;
      const record = {
        messageId: message.MessageId,
        body: message.Body,
        receiptHandle: message.ReceiptHandle,
        attributes: message.Attributes,
        eventSource: 'aws:sqs',
      };
      const answer = await handler({ Records: [record] }, { getRemainingTimeInMillis: remainingMs });
      if ('batchItemFailures' in answer && answer.batchItemFailures.length === 0) await moto.delete(message);
    }
  }

  const partsOf = async (name: string) =>
    Promise.all(
      (await moto.list(`${OUT}${name}/part-`)).map(async (key) => ({
        part: key.slice(`${OUT}${name}/`.length),
        body: await moto.read(key),
      })),
    );
  const summaryOf = async (name: string) => JSON.parse(await moto.read(`${OUT}${name}/summary.json`));

  it('passes over the test event that S3 sends when notifications are set up', async () => {
    expect(await work()).toBe(1);
    expect([await moto.list(''), await moto.deadLetters()]).toEqual([[], 0]);
  });

  it('predicts a file that its bucket tells the queue of, in one invocation or in many, and leaves the same bytes', async () => {
    await moto.put('in/sentiment/one of may.jsonl', rows(90));
    expect(await work()).toBe(1);
    await moto.put('in/sentiment/many.jsonl', rows(90));
    let asked = 0;
    expect(await work(handlerOf(), () => (asked++ % 4 === 0 ? PLENTY() : LITTLE()))).toBeGreaterThan(2);
    const parts = await partsOf('one of may.jsonl');
    expect(parts).toHaveLength(5);
    expect(await partsOf('many.jsonl')).toEqual(parts);
    expect(await summaryOf('many.jsonl')).toMatchObject({ parts: 5, rowsIn: 90, rowsOut: 90, errors: {} });
  });

  it('follows the newest file of a key, and removes parts that a longer one left', async () => {
    await moto.put('in/sentiment/changed.jsonl', rows(50));
    await work();
    await moto.put('in/sentiment/changed.jsonl', rows(10));
    await work();
    expect(await moto.list(`${OUT}changed.jsonl/`)).toEqual([
      `${OUT}changed.jsonl/part-00000.jsonl`,
      `${OUT}changed.jsonl/summary.json`,
    ]);
  });

  it('leaves the bytes of one run where two deliveries are processed at once', async () => {
    await moto.put('in/sentiment/both.jsonl', rows(60));
    const message = await moto.receive();
    const event = { Records: [{ messageId: 'twice', body: message?.Body }] };
    const context = { getRemainingTimeInMillis: PLENTY };
    await Promise.all([handlerOf()(event, context), handlerOf()(event, context)]);
    if (message) await moto.delete(message);
    await moto.put('in/sentiment/alone.jsonl', rows(60));
    await work();
    expect(await partsOf('both.jsonl')).toEqual(await partsOf('alone.jsonl'));
  });

  it('fetches its model from the bucket, in ranges, and predicts a file with it', async () => {
    const described = describePackage('model-assets/packages', { name: 'intent', version: '1.0.1' });
    const objects = Object.fromEntries(described.files.map(({ path }) => [path, `assets/${path}`]));
    for (const [path, key] of Object.entries(objects))
      await moto.put(key, readFileSync(join(described.folder, path)));
    const folder = mkdtempSync(join(tmpdir(), 'pilotlight-moto-'));
    vi.stubEnv('AWS_ENDPOINT_URL_S3', moto.environment.AWS_ENDPOINT_URL_S3);
    const { name, version, manifestSha256 } = described;
    const bucket = moto.environment.PILOTLIGHT_BATCH_BUCKET;
    const packages = new S3Store({ bucket, packages: [{ name, version, manifestSha256, objects }], folder });
    const remote = new Engine({ packages, intraOpThreads: 1 });
    await moto.put('in/intent/asked.txt', 'book a table for two\n');
    await work(handlerOf(remote));
    expect(JSON.parse(await moto.read('out/intent@1.0.1/asked.txt/summary.json'))).toMatchObject({
      rowsOut: 1,
    });
    await remote.dispose();
    rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
  });

  it('makes a damaged file a dead letter at once', async () => {
    await moto.put('in/sentiment/cut.jsonl.gz', gzipSync(rows(30)).subarray(0, -12));
    expect(await work()).toBe(1);
    expect(await moto.deadLetters()).toBe(1);
    expect(await summaryOf('cut.jsonl.gz')).toMatchObject({ error: { code: 'BROKEN_GZIP' } });
  });

  it('gets a message again ten seconds after a fault that may pass, from a queue that hides messages for half an hour', async () => {
    await moto.put('in/sentiment/passing.jsonl', rows(3));
    const failing = handlerOf({ bulkModel: () => Promise.reject(new TypeError('503')) });
    // On the clock of moto, which may be set while the test runs.
    const start = Date.now();
    expect(await work(failing)).toBe(1);
    const again = await moto.receive(20);
    const seconds = (Date.now() - start) / 1000;
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(20);
  }, 60_000);
});
