/** Plays Step Functions on a real S3: batches go to the handler, their results to files, then comes the summary. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { Engine } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3Client } from '../../functions/app/src/aws/s3-client.ts';
import { S3Objects } from '../../functions/app/src/aws/s3-objects.ts';
import { readBatchConfig } from '../../functions/app/src/settings/batch-config.ts';
import { createHandler } from '../../functions/batch/src/create-handler.ts';
import { createProcessor } from '../../functions/batch/src/object/processor.ts';
import { startWorld, type World } from './batch-world.ts';

let world: World;
const engine = new Engine({ packages: 'model-assets/packages', intraOpThreads: 1 });
beforeAll(async () => {
  world = await startWorld();
  Object.assign(process.env, world.environment, { POWERTOOLS_METRICS_DISABLED: 'true' });
});
afterAll(async () => {
  await world.close();
  await engine.dispose();
});

const MANIFEST = 'out/map-runs/8a2f/manifest.json';
const context = { getRemainingTimeInMillis: () => 60_000 };

function handlerOf(environment: Record<string, string> = {}) {
  const config = readBatchConfig({ ...world.environment, ...environment });
  return createHandler({
    processor: createProcessor(config, {
      engine,
      engineVersion: 'test',
      objects: new S3Objects(createS3Client(world.environment), config.PILOTLIGHT_BATCH_BUCKET),
      goOnLater: async () => undefined,
    }),
    queues: { queue: { hide: async () => undefined } },
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics: new Metrics({ namespace: 'Test', serviceName: 'test' }),
  });
}

interface Batch {
  readonly BatchInput: { readonly job: object };
  readonly Items: readonly object[];
}

/** Makes batches of the lines of a file, in the form of the item selector and the item batcher. */
function batchesOf(job: object, rows: readonly unknown[], size: number): Batch[] {
  const items = rows.map((value, row) => ({ row, value }));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => ({
    BatchInput: { job },
    Items: items.slice(i * size, (i + 1) * size),
  }));
}

/** Writes outcomes in the form of the result writer, compact and in lines; a batch that failed has its input as a string. */
async function writeResults(succeeded: readonly unknown[], failed: readonly Batch[] = []): Promise<void> {
  const file = async (status: string, lines: readonly unknown[]) => {
    if (lines.length === 0) return [];
    const Key = `out/map-runs/8a2f/${status}_0.jsonl`;
    await world.put(Key, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return [{ Key, Size: 1 }];
  };
  const failures = failed.map((batch) => ({
    ...{ ExecutionArn: 'arn:aws:states:eu-central-1:111122223333:express:m/rows:1:1', Status: 'FAILED' },
    ...{ Error: 'Runtime.ExitError', Cause: '{}', Input: JSON.stringify(batch) },
  }));
  const ResultFiles = {
    FAILED: await file('FAILED', failures),
    PENDING: [],
    SUCCEEDED: await file('SUCCEEDED', succeeded),
  };
  await world.put(MANIFEST, JSON.stringify({ DestinationBucket: 'uploads', MapRunArn: 'arn', ResultFiles }));
}

const summaryEvent = (job: object) => ({
  source: 'pilotlight.backfill.summary',
  job,
  results: { Bucket: 'uploads', Key: MANIFEST },
});

const rows = Array.from({ length: 50 }, (_, i) =>
  i % 10 === 7 ? { id: i, nothing: true } : i % 2 === 0 ? `I love film ${i}` : { id: i, text: `Dull, ${i}` },
);

async function run(job: { key: string; parameters?: object }, size: number, handler = handlerOf()) {
  const results = [];
  for (const batch of batchesOf(job, rows, size)) results.push(await handler(batch, context));
  await writeResults(results);
  return { results, summary: await handler(summaryEvent(job), context) };
}

/** Puts a file under `in/` and gives every message that comes of it to the handler. */
async function upload(name: string, body: string): Promise<void> {
  await world.put(`in/sentiment/${name}`, body);
  for (;;) {
    const [message] = await world.sqs.queues.receive('batch');
    if (!message) return;
    await handlerOf()({ Records: [{ messageId: message.messageId, body: message.body }] }, context);
    world.queue.delete(message.receiptHandle);
  }
}

const linesOf = (body: string) =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

it('the function of a backfill answers every row of every batch by the number of its line, and sums up', async () => {
  const { results } = await run({ key: 'backfill/sentiment/all.jsonl' }, 20);
  expect(results[0]).toEqual({
    ...{ part: 'part-000000000000.jsonl', firstRow: 0, lastRow: 19, rows: 20 },
    ...{ errors: { INVALID_ROW: 2 }, seconds: expect.any(Number) },
  });
  const folder = 'out/sentiment@1.0.1/all.jsonl/';
  const names = ['000000000000', '000000000020', '000000000040'].map((row) => `${folder}part-${row}.jsonl`);
  expect(await world.list(folder)).toEqual([...names, `${folder}summary.json`]);
  const parts = await world.results(`${folder}part-`);
  const lines = parts.flatMap(({ body }) => linesOf(body));
  expect(lines.map(({ row }) => row)).toEqual(rows.map((_, row) => row));
  expect(lines.slice(6, 9)).toMatchObject([
    { row: 6, output: [{ label: 'positive' }, { label: 'negative' }] },
    { row: 7, id: 7, error: { code: 'INVALID_ROW' } },
    { row: 8, output: [{ label: 'positive' }, { label: 'negative' }] },
  ]);
  expect(JSON.parse(await world.read(`${folder}summary.json`))).toMatchObject({
    input: { bucket: 'uploads', key: 'backfill/sentiment/all.jsonl' },
    model: { name: 'sentiment', version: '1.0.1', variant: 'int8' },
    ...{ parts: 3, batches: 3, rowsIn: 50, rowsOut: 50, errors: { INVALID_ROW: 5 }, lost: {} },
  });
});

it('the function of a backfill gives the rows of a batch the answers that a file of the same rows would get', async () => {
  await run({ key: 'backfill/sentiment/same.jsonl' }, 50);
  await upload('upload.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  expect(await world.read('out/sentiment@1.0.1/same.jsonl/part-000000000000.jsonl')).toBe(
    await world.read('out/sentiment@1.0.1/upload.jsonl/part-00000.jsonl'),
  );
});

it('the function of a backfill takes the parameters of the task from the input of the execution', async () => {
  await run({ key: 'backfill/sentiment@1.0.1/top.jsonl', parameters: { top_k: 1 } }, 50);
  const [first] = linesOf(await world.read('out/sentiment@1.0.1/top.jsonl/part-000000000000.jsonl'));
  expect(first).toMatchObject({ row: 0, output: [{ label: 'positive' }] });
});

it('the function of a backfill does no work for a batch that comes again, and writes the same bytes where it must', async () => {
  const key = 'backfill/sentiment/again.jsonl';
  const part = 'out/sentiment@1.0.1/again.jsonl/part-000000000000.jsonl';
  const [batch] = batchesOf({ key }, rows, 50);
  if (!batch) throw new RangeError('no batch');
  const first = await handlerOf()(batch, context);
  const body = await world.read(part);
  expect(await handlerOf()(batch, context)).toEqual(first);
  await world.put(part, 'broken by somebody');
  const [one, other] = await Promise.all([handlerOf()(batch, context), handlerOf()(batch, context)]);
  expect([one, other]).toMatchObject([{ rows: 50 }, { rows: 50 }]);
  expect(await world.read(part)).toBe(body);
});

it('the function of a backfill deletes the parts of an earlier backfill of other batches, once every row has its line', async () => {
  const job = { key: 'backfill/sentiment/other.jsonl' };
  await run(job, 10);
  await run(job, 20);
  const names = await world.list('out/sentiment@1.0.1/other.jsonl/part-');
  expect(names.map((name) => name.slice(-8, -6))).toEqual(['00', '20', '40']);
});

describe('where a batch failed', () => {
  const job = { key: 'backfill/sentiment/lost.jsonl' };
  const summary = async () => JSON.parse(await world.read('out/sentiment@1.0.1/lost.jsonl/summary.json'));

  it('says how many rows have no line and why, and fails', async () => {
    const [first, ...rest] = batchesOf(job, rows, 20);
    if (!first) throw new RangeError('no batch');
    await writeResults([await handlerOf()(first, context)], rest);
    await expect(handlerOf()(summaryEvent(job), context)).rejects.toMatchObject({
      code: 'ROWS_MISSING',
      message: expect.stringMatching(/^30 of 50 rows .*: 30 for Runtime\.ExitError\. Start/),
    });
    expect(await summary()).toMatchObject({ rowsIn: 50, rowsOut: 20, lost: { 'Runtime.ExitError': 30 } });
  });

  it('notices a batch of which nobody tells', async () => {
    const [first, , last] = batchesOf(job, rows, 20);
    if (!first || !last) throw new RangeError('no batch');
    await writeResults([await handlerOf()(first, context), await handlerOf()(last, context)]);
    await expect(handlerOf()(summaryEvent(job), context)).rejects.toThrow(/^20 of 50 rows /);
  });

  it('is whole after another execution', async () => {
    await run(job, 20);
    expect(await summary()).toMatchObject({ rowsIn: 50, rowsOut: 50, lost: {} });
  });
});

describe('the function of a backfill refuses', () => {
  it.each([
    ['in/sentiment/a.jsonl', 'KEY_NOT_UNDERSTOOD'],
    ['backfill/a.jsonl', 'KEY_NOT_UNDERSTOOD'],
    ['backfill/nobody/a.jsonl', 'MODEL_NOT_FOUND'],
  ])('%s: %s', async (key, code) => {
    const [batch] = batchesOf({ key }, ['a'], 1);
    if (!batch) throw new RangeError('no batch');
    await expect(handlerOf()(batch, context)).rejects.toMatchObject({ code });
  });

  it('a name whose results are those of an upload', async () => {
    await upload('taken.jsonl', '"a"\n');
    await expect(run({ key: 'backfill/sentiment/taken.jsonl' }, 50)).rejects.toMatchObject({
      code: 'OUTPUT_TAKEN',
    });
  });

  it('events of another shape, and parameters that the task does not know', async () => {
    const shapes = [
      { Items: [], BatchInput: { job: { key: 'backfill/sentiment/a.jsonl' } } },
      { Items: [{ row: 0, value: 'a' }], BatchInput: { job: { key: 'a', parameter: {} } } },
      { source: 'another', job: { key: 'a' }, results: {} },
    ];
    for (const shape of shapes)
      await expect(handlerOf()(shape, context)).rejects.toMatchObject({ code: 'EVENT_NOT_UNDERSTOOD' });
    const job = { key: 'backfill/sentiment/p.jsonl', parameters: { topk: 1 } };
    await expect(run(job, 50)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });

  it('a row that is too long, and no other of its batch', async () => {
    const handler = handlerOf({ PILOTLIGHT_BATCH_MAX_ROW_BYTES: '100' });
    const [batch] = batchesOf({ key: 'backfill/sentiment/long.jsonl' }, ['a', 'b'.repeat(200), null], 3);
    if (!batch) throw new RangeError('no batch');
    expect(await handler(batch, context)).toMatchObject({
      errors: { ROW_TOO_LONG: 1, INVALID_ROW: 1 },
      rows: 3,
    });
  });

  it('a batch for which there is no time, without leaving a part', async () => {
    const [batch] = batchesOf({ key: 'backfill/sentiment/late.jsonl' }, rows, 50);
    if (!batch) throw new RangeError('no batch');
    const late = handlerOf()(batch, { getRemainingTimeInMillis: () => 0 });
    // Step Functions knows errors by their names, and tries no BatchError again.
    await expect(late).rejects.toMatchObject({ code: 'OUT_OF_TIME', name: 'OutOfTime' });
    const { job } = batch.BatchInput;
    const abandoned = handlerOf()({ ...batch, BatchInput: { job, seconds: 0.001 } }, context);
    await expect(abandoned).rejects.toMatchObject({ code: 'OUT_OF_TIME' });
    expect(await world.list('out/sentiment@1.0.1/late.jsonl/')).toEqual([]);
  });
});
