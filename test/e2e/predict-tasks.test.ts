/** `npm run predict` on tiny random models of other tasks: what is printed, not which scores. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { node, type RunOptions, run } from './command.ts';
import { runHere } from './command-here.ts';
import { addTaskModels } from './task-models.ts';

let packages: string;
beforeAll(async () => {
  packages = mkdtempSync(join(tmpdir(), 'pilotlight-predict-'));
  await addTaskModels(packages, ['answers', 'masks', 'entailment', 'encoder', 'ranker']);
}, 120_000);
afterAll(() => rmSync(packages, { recursive: true }));

const predict = (args: readonly string[], options: RunOptions = {}) =>
  run(node('cli/src/main.ts', 'predict', '--packages', packages, ...args), options);
const predictHere = (args: readonly string[]) => runHere(['predict', '--packages', packages, ...args]);

test.each([
  ['answers', ['--context', 'The movie was good.', 'what was good'], /^QUESTION +ANSWER +OFFSETS +SCORE$/, 1],
  ['masks', ['--top-k', '2', 'the [MASK] was [MASK]'], /^TEXT +TOKEN +SCORE$/, 4],
  ['entailment', ['--labels', 'good, bad', 'i love it', 'i do not'], /^TEXT +LABEL +SCORE$/, 4],
  ['ranker', ['--query', 'good film', 'one', 'two', 'three'], /^INDEX +TEXT +SCORE$/, 3],
  ['encoder', ['--task', 'sentence-similarity', '--source', 'a', 'b', 'c'], /^SENTENCE +SCORE$/, 2],
  ['encoder', ['--set', 'pooling=mean', '--set', 'dimensions=3', 'a', 'b'], /^TEXT +SHAPE +VALUES$/, 2],
] as const)('%s answers %j in a table', async (model, args, header, rows) => {
  const { code, stdout, stderr } = await predictHere(['--model', model, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [first, ...others] = stdout.trimEnd().split('\n');
  expect(first).toMatch(header);
  expect(others).toHaveLength(rows);
});

test('pilotlight predict takes inputs in JSON from standard input, where a text is not enough', async () => {
  const stdin = '{"query":"a","texts":["b","c"]}\n{"inputs":{"query":"a","texts":["d"]}}\n';
  const { stdout } = await predict(['-m', 'ranker', '--json'], { stdin });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines).toMatchObject([
    { inputs: { texts: ['b', 'c'] }, result: { length: 2 } },
    { inputs: { texts: ['d'] }, result: [{ index: 0 }] },
  ]);
});

test('pilotlight predict says what a task needs beside texts', async () => {
  const { code, stdout, stderr } = await predictHere(['-m', 'answers', 'who?']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('give the text that answers them with --context');
});
