/** Files in S3, messages in SQS, the handler in this process: what becomes of them. */
import { gzipSync } from 'node:zlib';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Engine } from '@pilotlight/engine';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createS3Client } from '../../functions/app/src/aws/s3-client.ts';
import { S3Objects } from '../../functions/app/src/aws/s3-objects.ts';
import { createSqsClient, SqsQueue } from '../../functions/app/src/aws/sqs-queue.ts';
import { readBatchConfig } from '../../functions/app/src/settings/batch-config.ts';
import { createHandler } from '../../functions/batch/src/create-handler.ts';
import type { QueueEvent } from '../../functions/batch/src/invocation.ts';
import { createProcessor } from '../../functions/batch/src/object/processor.ts';
import { BUCKET, DEAD_LETTERS, startWorld, type World } from './batch-world.ts';

let world: World;
const engine = new Engine({ packages: 'model-assets/packages', intraOpThreads: 1 });
beforeAll(async () => {
  world = await startWorld({ visibilitySeconds: 0 });
  Object.assign(process.env, world.environment, { POWERTOOLS_METRICS_DISABLED: 'true' });
});
afterAll(async () => {
  await world.close();
  await engine.dispose();
});

/** The handler with parts of so many rows. */
function handlerOf(partRows = 1000) {
  const config = readBatchConfig({ ...world.environment, PILOTLIGHT_BATCH_PART_ROWS: String(partRows) });
  const client = createSqsClient(world.environment);
  const queue = new SqsQueue(client, config.PILOTLIGHT_BATCH_QUEUE_URL);
  const deadLetters = new SqsQueue(client, world.sqs.url(DEAD_LETTERS));
  return createHandler({
    processor: createProcessor(config, {
      engine,
      engineVersion: 'test',
      objects: new S3Objects(createS3Client(world.environment), config.PILOTLIGHT_BATCH_BUCKET),
      goOnLater: (message) => queue.send(message),
    }),
    queues: { queue, deadLetters },
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics: new Metrics({ namespace: 'Test', serviceName: 'test' }),
  });
}

/** Acts as Lambda until the queue is empty. It gives no receipts, so that messages that failed come again at once. */
async function work(handler = handlerOf(), remainingMs: () => number = () => 60_000): Promise<number> {
  let invocations = 0;
  for (;;) {
    const [message] = await world.sqs.queues.receive('batch');
    if (!message) return invocations;
    invocations += 1;
    const event: QueueEvent = { Records: [{ messageId: message.messageId, body: message.body }] };
    const { batchItemFailures } = await handler(event, { getRemainingTimeInMillis: remainingMs });
    if (batchItemFailures.length === 0) world.queue.delete(message.receiptHandle);
  }
}

const TEXTS = ['I love this', 'I do not', 'what a waste of time', 'a moving, funny and beautiful film'];
const jsonl = (rows: number) =>
  Array.from({ length: rows }, (_, i) => `${JSON.stringify({ id: i, text: `${TEXTS[i % 4]} ${i}` })}\n`).join(
    '',
  );
const linesOf = (body: string) =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const summaryOf = async (folder: string) => JSON.parse(await world.read(`${folder}summary.json`));

it('the batch function answers every row of an upload, and sums up', async () => {
  await world.put('in/sentiment/reviews of may.jsonl', `${jsonl(3)}not json\n`);
  await work();
  const folder = 'out/sentiment@1.0.1/reviews of may.jsonl/';
  expect(await world.list('out/')).toEqual([`${folder}part-00000.jsonl`, `${folder}summary.json`]);
  const lines = linesOf(await world.read(`${folder}part-00000.jsonl`));
  expect(lines).toMatchObject([
    { row: 0, id: 0, output: [{ label: 'positive' }, { label: 'negative' }] },
    { row: 1, id: 1 },
    { row: 2, id: 2, output: [{ label: 'negative' }, { label: 'positive' }] },
    { row: 3, error: { code: 'INVALID_JSON' } },
  ]);
  expect(await summaryOf(folder)).toMatchObject({
    input: { bucket: 'uploads', key: 'in/sentiment/reviews of may.jsonl' },
    model: { name: 'sentiment', version: '1.0.1', variant: 'int8' },
    engine: 'test',
    parts: 1,
    rowsIn: 4,
    rowsOut: 4,
    errors: { INVALID_JSON: 1 },
  });
});

it('the batch function sums up a file without rows', async () => {
  await world.put('in/sentiment/empty.csv', '');
  await work();
  const folder = 'out/sentiment@1.0.1/empty.csv/';
  expect(await world.list(folder)).toEqual([`${folder}summary.json`]);
  const summary = await summaryOf(folder);
  expect(summary).toMatchObject({ parts: 0, rowsIn: 0, rowsOut: 0, errors: {} });
  expect(summary).not.toHaveProperty('error');
});

it('the batch function takes parameters and columns from a file beside the upload, or from its metadata', async () => {
  const csv = 'nr,review\na,I love this\n';
  await world.put(
    'in/sentiment/a.csv.params.json',
    '{"column":"review","id_column":"nr","parameters":{"top_k":1}}',
  );
  await world.put('in/sentiment/a.csv', csv);
  await world.put('in/sentiment/b.csv.gz', gzipSync(csv), {
    'pilotlight-options': '{"column":"review","parameters":{"top_k":1}}',
  });
  await work();
  const [a, b] = await Promise.all(
    ['a.csv', 'b.csv.gz'].map((name) => world.read(`out/sentiment@1.0.1/${name}/part-00000.jsonl`)),
  );
  expect(linesOf(a ?? '')).toMatchObject([{ row: 0, id: 'a', output: [{ label: 'positive' }] }]);
  expect(linesOf(b ?? '')).toMatchObject([{ row: 0, output: [{ label: 'positive' }] }]);
});

it('the batch function reads gzip however it is stored, and no file that is broken holds up the others', async () => {
  const packed = gzipSync(jsonl(2));
  const files: readonly (readonly [name: string, body: Buffer, encoding?: string])[] = [
    ['padded.jsonl.gz', Buffer.concat([packed, Buffer.alloc(512)])],
    ['rest.jsonl.gz', Buffer.concat([packed, Buffer.from('something else')])],
    ['cut.jsonl.gz', packed.subarray(0, -4)],
    ['encoded.jsonl', packed, 'gzip'],
    ['both.jsonl.gz', packed, 'gzip'],
    ['unnamed.jsonl', packed],
    ['brotli.jsonl', packed, 'br'],
  ];
  for (const [name, Body, ContentEncoding] of files) {
    const object = { Bucket: BUCKET, Key: `in/sentiment/${name}`, Body };
    await world.client.send(new PutObjectCommand({ ...object, ...(ContentEncoding && { ContentEncoding }) }));
  }
  await work();
  const summaries = await Promise.all(files.map(([name]) => summaryOf(`out/sentiment@1.0.1/${name}/`)));
  expect(summaries.map(({ rowsOut, error, warnings }) => [rowsOut, error?.code, warnings?.length])).toEqual([
    [2, undefined, undefined],
    [2, undefined, 1],
    [2, 'BROKEN_GZIP', undefined],
    [2, undefined, undefined],
    [2, undefined, undefined],
    [0, 'NOT_UTF8', undefined],
    [0, 'FORMAT_NOT_SUPPORTED', undefined],
  ]);
  expect(world.deadLetters.drain()).toHaveLength(3);
});

it('the batch function takes the field that the options name, whatever else the rows have', async () => {
  const options = { 'pilotlight-options': '{"column":"review","id_column":"nr"}' };
  const fields = {
    nr: 'x',
    inputs: 'terrible and awful',
    text: 'bad',
    text_pair: 'bad',
    review: 'I love this',
  };
  await world.put('in/sentiment/named.jsonl', JSON.stringify(fields), options);
  const csv = `${Object.keys(fields).join()}\n${Object.values(fields).join()}\n`;
  await world.put('in/sentiment/named.csv', csv, options);
  await world.put('in/sentiment/named.txt', 'I love this\n', options);
  await work();
  for (const name of ['named.jsonl', 'named.csv'])
    expect(linesOf(await world.read(`out/sentiment@1.0.1/${name}/part-00000.jsonl`))).toMatchObject([
      { row: 0, id: 'x', output: [{ label: 'positive' }, {}] },
    ]);
  expect(await summaryOf('out/sentiment@1.0.1/named.txt/')).toMatchObject({
    error: { code: 'INVALID_OPTIONS' },
  });
  expect(world.deadLetters.drain()).toHaveLength(1);
});

it('the batch function takes notifications that come by a topic of SNS', async () => {
  await world.put('in/sentiment/topic.txt', 'I love this\n');
  for (const Message of world.queue.drain())
    world.queue.send(JSON.stringify({ Type: 'Notification', TopicArn: 'arn:aws:sns:a:1:b', Message }));
  await work();
  expect(await summaryOf('out/sentiment@1.0.1/topic.txt/')).toMatchObject({ rowsOut: 1 });
});

it('the batch function writes the same parts in many invocations as in one, and says in the queue where it goes on', async () => {
  await world.put('in/sentiment/one.jsonl', jsonl(180));
  await work(handlerOf(20));
  await world.put('in/sentiment/many.jsonl', jsonl(180));
  let asked = 0;
  const nearlyOver = () => (asked++ % 4 === 0 ? 60_000 : 31_000);
  expect(await work(handlerOf(20), nearlyOver)).toBeGreaterThan(4);
  const [one, many] = [
    await world.results('out/sentiment@1.0.1/one'),
    await world.results('out/sentiment@1.0.1/many'),
  ];
  const bodies = (stored: typeof one) =>
    stored.filter(({ key }) => key.includes('part-')).map(({ body }) => body);
  expect(bodies(one)).toHaveLength(9);
  expect(bodies(many)).toEqual(bodies(one));
  expect(await summaryOf('out/sentiment@1.0.1/many.jsonl/')).toMatchObject({
    parts: 9,
    rowsIn: 180,
    rowsOut: 180,
  });
});

it('the batch function says so where not even one part fits into the time of an invocation', async () => {
  await world.put('in/sentiment/slow.jsonl', jsonl(3000));
  await work(handlerOf(3000), () => 40);
  expect(world.deadLetters.drain()).toHaveLength(1);
  const summary = await summaryOf('out/sentiment@1.0.1/slow.jsonl/');
  expect(summary).toMatchObject({ error: { code: 'OUT_OF_TIME' }, rowsIn: 0, rowsOut: 0 });
});

it('the batch function does nothing for a message that is delivered again', async () => {
  await world.put('in/sentiment/again.jsonl', jsonl(5));
  const [message] = await world.sqs.queues.receive('batch');
  const handler = handlerOf();
  const event = { Records: [{ messageId: 'again', body: message?.body ?? '' }] };
  const context = { getRemainingTimeInMillis: () => 60_000 };
  await handler(event, context);
  const before = await world.results('out/sentiment@1.0.1/again');
  await handler(event, context);
  expect(await world.results('out/sentiment@1.0.1/again')).toEqual(before);
  world.queue.drain();
});

it('the batch function leaves the bytes of one run where two deliveries are processed at once', async () => {
  await world.put('in/sentiment/alone.jsonl', jsonl(100));
  await work(handlerOf(20));
  await world.put('in/sentiment/both.jsonl', jsonl(100));
  const [message] = await world.sqs.queues.receive('batch');
  const event = { Records: [{ messageId: 'twice', body: message?.body ?? '' }] };
  const context = { getRemainingTimeInMillis: () => 60_000 };
  await Promise.all([handlerOf(20)(event, context), handlerOf(20)(event, context)]);
  world.queue.drain();
  const parts = async (name: string) =>
    (await world.results(`out/sentiment@1.0.1/${name}/part-`)).map(({ body }) => body);
  expect(await parts('both.jsonl')).toEqual(await parts('alone.jsonl'));
});

it('the batch function follows the newest file of a key, whichever event comes last, and removes what a longer one left', async () => {
  const key = 'in/sentiment/changed.jsonl';
  await world.put(key, jsonl(30));
  const [older] = await world.sqs.queues.receive('batch');
  await work(handlerOf(10));
  expect(await world.list('out/sentiment@1.0.1/changed')).toHaveLength(4);
  await world.put(key, jsonl(12));
  await work(handlerOf(10));
  const results = await world.results('out/sentiment@1.0.1/changed');
  expect(results.map(({ key: name }) => name.slice(-13))).toEqual([
    't-00000.jsonl',
    't-00001.jsonl',
    '/summary.json',
  ]);
  const late = { Records: [{ messageId: 'late', body: older?.body ?? '' }] };
  await handlerOf(10)(late, { getRemainingTimeInMillis: () => 60_000 });
  expect(await world.results('out/sentiment@1.0.1/changed')).toEqual(results);
});

it('the batch function gives way to a file that takes the place of the one it is at', async () => {
  const key = 'in/sentiment/replaced.jsonl';
  await world.put(key, jsonl(400));
  const [message] = await world.sqs.queues.receive('batch');
  const event = { Records: [{ messageId: 'first', body: message?.body ?? '' }] };
  const first = handlerOf(10)(event, { getRemainingTimeInMillis: () => 60_000 });
  await expect.poll(() => world.list('out/sentiment@1.0.1/replaced')).not.toHaveLength(0);
  await world.put(key, jsonl(25));
  expect(await first).toEqual({ batchItemFailures: [] });
  await work(handlerOf(10));
  await world.put('in/sentiment/replacement.jsonl', jsonl(25));
  await work(handlerOf(10));
  const bodies = async (name: string) =>
    (await world.results(`out/sentiment@1.0.1/${name}/part-`)).map(({ body }) => body);
  expect(await bodies('replaced.jsonl')).toEqual(await bodies('replacement.jsonl'));
  expect(await summaryOf('out/sentiment@1.0.1/replaced.jsonl/')).toMatchObject({ parts: 3, rowsIn: 25 });
});

it.each([
  ['in/nobody/a.jsonl', '"a"\n', 'out/nobody/a.jsonl/', 'MODEL_NOT_FOUND', 0],
  ['in/sentiment@9.9.9/a.jsonl', '"a"\n', 'out/sentiment@9.9.9/a.jsonl/', 'MODEL_NOT_FOUND', 0],
  ['in/a.jsonl', '"a"\n', 'out/a.jsonl/', 'KEY_NOT_UNDERSTOOD', 0],
  ['in/sentiment/a.pdf', 'x', 'out/sentiment@1.0.1/a.pdf/', 'FORMAT_NOT_SUPPORTED', 0],
  [
    'in/sentiment/cut.jsonl.gz',
    gzipSync(jsonl(200)).subarray(0, 900),
    'out/sentiment@1.0.1/cut.jsonl.gz/',
    'BROKEN_GZIP',
    0,
  ],
  ['in/sentiment/no.csv', 'a,b\n1,2\n', 'out/sentiment@1.0.1/no.csv/', 'COLUMN_NOT_FOUND', 0],
  [
    'in/sentiment/latin1.jsonl',
    Buffer.from('"caf\xe9"\n', 'latin1'),
    'out/sentiment@1.0.1/latin1.jsonl/',
    'NO_READABLE_ROW',
    1,
  ],
  [
    'in/sentiment/long.jsonl',
    `"${'x'.repeat(2_000_000)}"`,
    'out/sentiment@1.0.1/long.jsonl/',
    'NO_READABLE_ROW',
    1,
  ],
])(
  '%s gives a summary with the error, and its message is a dead letter after one try',
  async (key, body, folder, code, rows) => {
    await world.put(key, body);
    await work();
    // The queue gives its name to messages that it gives up after their last try.
    expect(world.deadLetters.take().map(({ source }) => source)).toEqual([undefined]);
    const summary = await summaryOf(folder);
    expect(summary).toMatchObject({ input: { key }, error: { code, message: expect.any(String) } });
    expect(summary.rowsOut).toBe(summary.rowsIn);
    expect(summary.rowsIn).toBeGreaterThanOrEqual(rows);
  },
);

it('the batch function refuses a parameter that the task does not take before it reads a row, even of a file that has none', async () => {
  await world.put('in/sentiment/none.txt.params.json', '{"parameters":{"top_k":"many"}}');
  await world.put('in/sentiment/none.txt', '');
  await work();
  expect(world.deadLetters.drain()).toHaveLength(1);
  expect(await summaryOf('out/sentiment@1.0.1/none.txt/')).toMatchObject({
    input: { bytes: 0, etag: expect.any(String) },
    model: { name: 'sentiment' },
    parameters: { top_k: 'many' },
    error: { code: 'INVALID_PARAMETER', message: expect.stringContaining('top_k') },
    parts: 0,
    rowsIn: 0,
  });
});

it('the batch function says in the summary of a file that breaks how far it got, and what it was predicted with', async () => {
  const whole = gzipSync(jsonl(60));
  await world.put('in/sentiment/cut.jsonl.gz', whole.subarray(0, whole.length - 12));
  await work(handlerOf(20));
  expect(world.deadLetters.drain()).toHaveLength(1);
  const folder = 'out/sentiment@1.0.1/cut.jsonl.gz/';
  const summary = await summaryOf(folder);
  expect(summary).toMatchObject({
    model: { name: 'sentiment', version: '1.0.1' },
    parameters: {},
    error: { code: 'BROKEN_GZIP' },
  });
  const parts = (await world.list(folder)).filter((key) => key.includes('part-'));
  expect(parts).toHaveLength(summary.parts);
  expect(summary.rowsOut).toBe(summary.rowsIn);
  expect(summary.rowsIn).toBeGreaterThan(0);
});

it('a parameter that the task refuses is said of the file before any of it is read, even where it has no rows', async () => {
  for (const [name, body] of [
    ['norows.csv', Buffer.alloc(0)],
    ['broken.jsonl.gz', gzipSync(jsonl(200)).subarray(0, 900)],
  ] as const) {
    await world.put(`in/sentiment/${name}.params.json`, '{"parameters":{"top_k":0}}');
    await world.put(`in/sentiment/${name}`, body);
    await work();
    expect(world.deadLetters.drain()).toHaveLength(1);
    expect(await summaryOf(`out/sentiment@1.0.1/${name}/`)).toMatchObject({
      parameters: { top_k: 0 },
      error: { code: 'INVALID_PARAMETER', message: expect.stringContaining('top_k') },
      rowsIn: 0,
    });
  }
});

it('the batch function gives a summary for a file that is gone', async () => {
  await world.put('in/sentiment/gone.jsonl', '"a"');
  const [message] = await world.sqs.queues.receive('batch');
  world.queue.send((message?.body ?? '').replaceAll('gone', 'never'));
  world.queue.delete(message?.receiptHandle ?? '');
  await work();
  expect(await summaryOf('out/sentiment/never.jsonl/')).toMatchObject({
    error: { code: 'OBJECT_UNREADABLE' },
  });
  world.deadLetters.drain();
});

it('the batch function passes over results, test events and other buckets', async () => {
  await world.put('out/sentiment@1.0.1/in/sentiment/x.jsonl', '"a"\n');
  world.queue.send('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"uploads"}');
  const other = { bucket: { name: 'other' }, object: { key: 'in/sentiment/a.jsonl', etag: 'x' } };
  world.queue.send(JSON.stringify({ source: 'aws.s3', 'detail-type': 'Object Created', detail: other }));
  const before = await world.list('');
  await work();
  expect(await world.list('')).toEqual(before);
  expect(world.deadLetters.counts()).toEqual({ visible: 0, hidden: 0 });
});

it('the batch function does not mix the results of two files that share a folder of results', async () => {
  await world.put('in/sentiment/same.jsonl', '"a"\n');
  await work();
  const before = await world.results('out/sentiment@1.0.1/same');
  await world.put('in/sentiment@1.0.1/same.jsonl', '"b"\n"c"\n');
  await work();
  expect(await world.results('out/sentiment@1.0.1/same')).toEqual(before);
  expect(world.deadLetters.drain()).toHaveLength(1);
});
