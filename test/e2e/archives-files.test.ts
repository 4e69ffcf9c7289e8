/** Files of rows for archives: uploads in S3, two fields in CSV and JSON Lines, bad rows, resumption. And packages that come from S3. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { Engine, S3Store } from '@pilotlight/engine';
import { sha256Of } from '@pilotlight/model-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client } from '../../functions/app/src/aws/s3-client.ts';
import { S3Objects } from '../../functions/app/src/aws/s3-objects.ts';
import { createSqsClient, SqsQueue } from '../../functions/app/src/aws/sqs-queue.ts';
import { readBatchConfig } from '../../functions/app/src/settings/batch-config.ts';
import { createHandler } from '../../functions/batch/src/create-handler.ts';
import type { QueueEvent } from '../../functions/batch/src/invocation.ts';
import { createProcessor } from '../../functions/batch/src/object/processor.ts';
import { compareAnswers } from '../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { BUCKET, startWorld, type World } from './batch-world.ts';
import { addExample, INPUTS, OUTPUTS } from './example-archive.ts';

const packages = join(temporaryFolder(), 'packages');
let engine: Engine;
let world: World;
beforeAll(async () => {
  await addExample(packages);
  engine = new Engine({
    packages,
    // A predictor of two fields, as those of entailment and reading comprehension are.
    archives: {
      ner: (model) => ({
        ...model,
        read: (input, field) => {
          const { premise, hypothesis, sentence } = Object(input);
          const text = premise === undefined ? sentence : `${premise} ${hypothesis}`;
          return model.read({ sentence: text }, field);
        },
      }),
    },
  });
  world = await startWorld({ visibilitySeconds: 0 });
  Object.assign(process.env, world.environment, { POWERTOOLS_METRICS_DISABLED: 'true' });
}, 30_000);
afterAll(async () => {
  await world.close();
  await engine.dispose();
});

/** Acts as Lambda for the messages of the queue. A run without time ends after a part, and another one goes on. */
async function work(partRows = 1000, remainingMs = () => 60_000): Promise<number> {
  const config = readBatchConfig({ ...world.environment, PILOTLIGHT_BATCH_PART_ROWS: `${partRows}` });
  const queue = new SqsQueue(createSqsClient(world.environment), config.PILOTLIGHT_BATCH_QUEUE_URL);
  const handler = createHandler({
    processor: createProcessor(config, {
      engine,
      engineVersion: 'test',
      objects: new S3Objects(createS3Client(world.environment), config.PILOTLIGHT_BATCH_BUCKET),
      goOnLater: (message) => queue.send(message),
    }),
    queues: { queue },
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics: new Metrics({ namespace: 'Test', serviceName: 'test' }),
  });
  for (let invocations = 0; ; invocations++) {
    const [message] = await world.sqs.queues.receive('batch');
    if (!message) return invocations;
    const event: QueueEvent = { Records: [{ messageId: message.messageId, body: message.body }] };
    const context = { getRemainingTimeInMillis: remainingMs };
    const { batchItemFailures } = await handler(event, context);
    if (batchItemFailures.length === 0) world.queue.delete(message.receiptHandle);
  }
}

const rowsOf = async (name: string) => {
  const parts = (await world.list(`out/ner@1.0.0/${name}/`)).filter((key) => key.includes('part-'));
  const texts = await Promise.all(parts.map((key) => world.read(key)));
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
};

describe('an upload for an archive', () => {
  const lines = INPUTS.map((input, id) => `${JSON.stringify({ id, ...input })}\n`);

  test("has lines of the predictor's JSON, of which a bad one does not stop the others", async () => {
    await world.put('in/ner/all.jsonl', `${lines.join('')}{"sentence":""}\n{"sentense":"x"}\nno\n`);
    await work();
    const rows = await rowsOf('all.jsonl');
    const outputs = rows.slice(0, INPUTS.length).map(({ output }) => output);
    expect(compareAnswers(OUTPUTS, outputs).problem).toBeUndefined();
    expect(rows.slice(INPUTS.length)).toMatchObject([
      { error: { code: 'INVALID_INPUT' } },
      { error: { code: 'INVALID_INPUT' } },
      { error: { code: 'INVALID_JSON' } },
    ]);
    const summary = JSON.parse(await world.read('out/ner@1.0.0/all.jsonl/summary.json'));
    expect(summary).toMatchObject({
      model: { name: 'ner', variant: 'fp32' },
      rowsIn: INPUTS.length + 3,
      errors: { INVALID_INPUT: 2, INVALID_JSON: 1 },
    });
  });

  test('has columns of CSV with the names of the fields', async () => {
    await world.put('in/ner/pairs.csv', 'id,premise,hypothesis\na,Joel Smith lives,in Seattle .\nb,one,\n');
    await work();
    expect(await rowsOf('pairs.csv')).toMatchObject([
      { row: 0, id: 'a', output: { words: ['Joel', 'Smith', 'lives', 'in', 'Seattle', '.'] } },
      { row: 1, id: 'b' },
    ]);
  });

  test('goes on where an invocation had no more time, with the same bytes', async () => {
    await world.put('in/ner/whole.jsonl', lines.join(''));
    await work(2);
    await world.put('in/ner/in parts.jsonl', lines.join(''));
    let asked = 0;
    const nearlyOver = () => (asked++ % 4 === 0 ? 60_000 : 31_000);
    expect(await work(2, nearlyOver)).toBeGreaterThan(1);
    const [whole, parts] = [await rowsOf('whole.jsonl'), await rowsOf('in parts.jsonl')];
    expect(whole).toHaveLength(INPUTS.length);
    expect(parts).toEqual(whole);
  });
});

test('an archive is fetched from a bucket, and answers as from a folder', async () => {
  const folder = join(packages, 'ner/1.0.0');
  const objects: Record<string, string> = {};
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name).slice(folder.length + 1);
    objects[path] = `assets/${path}`;
    await world.put(`assets/${path}`, readFileSync(join(folder, path)));
  }
  const manifestSha256 = sha256Of(readFileSync(join(folder, 'model.json')));
  const remote = { bucket: BUCKET, packages: [{ name: 'ner', version: '1.0.0', manifestSha256, objects }] };
  const fetched = new Engine({ packages: new S3Store({ ...remote, folder: `${packages}-fetched` }) });
  const { results } = await fetched.predict('ner', [...INPUTS], {}, { task: 'predictor' });
  await fetched.dispose();
  expect(compareAnswers(OUTPUTS, results).problem).toBeUndefined();
});
