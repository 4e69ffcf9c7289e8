import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { startWorld, type World } from './batch-world.ts';
import { run } from './command.ts';

let world: World;
/** Outside the repository, where native packages are found by NODE_PATH alone, as in a layer. */
const task = mkdtempSync(join(tmpdir(), 'pilotlight-batch-bundle-'));
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.close();
  rmSync(task, { recursive: true });
});

/** Invokes the bundle with the message of a file that is put into the bucket. */
async function invoke(key: string, body: string) {
  const { file } = await bundle('batch', task);
  const runner = join(task, 'runner.mjs');
  cpSync('test/e2e/batch-event.mjs', runner);
  world.queue.drain();
  await world.put(key, body);
  const [message = ''] = world.queue.drain();
  const environment = {
    NODE_PATH: resolve('node_modules'),
    PILOTLIGHT_MODELS_DIR: resolve('model-assets/packages'),
  };
  return run([process.execPath, runner, file, message], { env: { ...world.environment, ...environment } });
}

it('the bundled batch function gives up a damaged file, and says neither its name nor its content in the log', async () => {
  const { stdout, stderr } = await invoke('in/sentiment/name of a person.jsonl.gz', 'no gzip');
  expect(stdout, stderr).toContain('RESULT {"batchItemFailures":[]}');
  expect(world.deadLetters.drain()).toEqual([expect.stringContaining('name+of+a+person')]);
  expect(stdout + stderr).toContain('"code":"BROKEN_GZIP"');
  expect(stdout + stderr).not.toMatch(/name.of.a.person|no gzip/);
});

it('the bundled batch function predicts a file as it is deployed, and tells CloudWatch', async () => {
  const { stdout, stderr } = await invoke('in/sentiment/a.txt', 'I love this\nI do not\n');
  expect(stdout, stderr).toContain('RESULT {"batchItemFailures":[]}');
  const metrics = stdout.split('\n').find((line) => line.includes('"BatchRows"')) ?? '{}';
  expect(JSON.parse(metrics)).toMatchObject({
    model: 'sentiment',
    BatchRows: 2,
    BatchRowErrors: 0,
    BatchFiles: 1,
  });
  const folder = 'out/sentiment@1.0.1/a.txt/';
  expect(await world.list(folder)).toEqual([`${folder}part-00000.jsonl`, `${folder}summary.json`]);
  expect(JSON.parse(await world.read(`${folder}summary.json`))).toMatchObject({
    engine: '0.1.0',
    rowsOut: 2,
  });
});
