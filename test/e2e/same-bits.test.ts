/** The same texts through everything that answers: what the server says of one alone is what all of them say together. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { Random } from '../fixtures/random.ts';
import { type Answer, atOnce, findBitDifferences, randomTexts } from '../fixtures/same-bits.ts';
import { node, run } from './command.ts';
import { type PredictProcess, startPredict } from './predict-process.ts';
import { type InferenceServer, startServer } from './server.ts';
import { addTaskModels } from './task-models.ts';

const MODEL = 'reviews';
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-same-bits-'));
const packages = join(folder, 'packages');
const random = new Random(21);
/** The model takes 64 tokens. */
const texts = randomTexts(60, 30, random);

let server: InferenceServer;
let predict: PredictProcess;
beforeAll(async () => {
  mkdirSync(packages);
  await addTaskModels(packages, [MODEL]);
  const environment = { PILOTLIGHT_MODELS_DIR: packages, PILOTLIGHT_PRELOAD_MODELS: MODEL };
  server = await startServer(environment);
  const { file } = await bundle('predict', join(folder, 'bundle'));
  predict = await startPredict(file, environment);
});
afterAll(async () => {
  server.signal('SIGKILL');
  await predict.stop();
  rmSync(folder, { recursive: true });
});

/** The numbers of a model are floats of 32 bits; whoever writes them in decimals may write more digits than those have. */
function toFloats(value: unknown): unknown {
  if (typeof value === 'number') return Math.fround(value);
  if (Array.isArray(value)) return value.map(toFloats);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, toFloats(inside)]));
}

const answersOf = (body: unknown): unknown[] => z.array(z.unknown()).parse(body).map(toFloats);
const served: Answer<string> = async (inputs) => answersOf((await server.predict(inputs, MODEL)).body);
const compare = (others: Readonly<Record<string, Answer<string>>>, rounds = 1) =>
  findBitDifferences({ inputs: texts, alone: served, others, random, rounds, mostTogether: 25 });

test('the server gives many clients at once the bits that a text gets alone', async () => {
  expect(await compare({ 'one client': served, 'many clients': atOnce(served, random, 4) }, 2)).toEqual([]);
});

test('the bundled predict function gives the bits of the server', async () => {
  const invoked: Answer<string> = async (inputs) =>
    answersOf((await predict.post(`/models/${MODEL}`, { inputs })).body);
  expect(await compare({ 'predict function': invoked })).toEqual([]);
});

test('a row of a file gets the bits of the server, wherever the file is cut', async () => {
  const rowSchema = z.object({ row: z.int(), output: z.unknown() });
  const inFile: Answer<string> = async (inputs) => {
    const [file, out] = [join(folder, 'rows.jsonl'), join(folder, 'answers.jsonl')];
    writeFileSync(file, inputs.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    const args = ['batch', file, '--model', MODEL, '--output', out];
    const { code, stderr } = await run(node('cli/src/main.ts', ...args), {
      env: { PILOTLIGHT_MODELS_DIR: packages },
    });
    expect(code, stderr).toBe(0);
    const lines = readFileSync(out, 'utf8').trim().split('\n');
    rmSync(out);
    return lines.map((line) => toFloats(rowSchema.parse(JSON.parse(line)).output));
  };
  expect(await compare({ 'a file': inFile })).toEqual([]);
}, 240_000);
