import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bash, node, type RunOptions, run } from './command.ts';
import { runHere } from './command-here.ts';
import { copyOfPackages } from './packages.ts';

const PREDICT = ['cli/src/main.ts', 'predict'] as const;
const packages = copyOfPackages();
const predict = (args: readonly string[], { env, ...options }: RunOptions = {}) =>
  run(node(...PREDICT, ...args), { ...options, env: { PILOTLIGHT_MODELS_DIR: packages, ...env } });
const jsonLines = (stdout: string): unknown[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const predictHere = (args: readonly string[]) =>
  runHere(['predict', ...args], { PILOTLIGHT_MODELS_DIR: packages });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-texts-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(packages, { recursive: true });
});

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

test('pilotlight predict answers each text of the command line in a row of a table', async () => {
  const { code, stdout, stderr } = await predict(['--model', 'sentiment', 'I love this', 'I hate this']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [header, first, second] = stdout.split('\n');
  expect(header).toMatch(/^TEXT +LABEL +SCORE$/);
  expect(first).toMatch(/^I love this +positive +[01]\.\d{3} +[█░]{10}$/);
  expect(second).toMatch(/^I hate this +negative +[01]\.\d{3} +[█░]{10}$/);
});

test('pilotlight predict colours a terminal, but not a file, and not with NO_COLOR', async () => {
  const args = ['--model', 'sentiment', 'I love this'];
  const coloured = await predict(args, { env: { NO_COLOR: undefined, FORCE_COLOR: '1' } });
  const [filed, refused] = await Promise.all([
    predict(args, { env: { NO_COLOR: undefined } }),
    predict(args),
  ]);
  expect([coloured, filed, refused].map(({ stdout }) => stdout.includes('\u001b['))).toEqual([
    true,
    false,
    false,
  ]);
});

test('pilotlight predict cuts a long text to the width of the terminal', async () => {
  const text = 'this film is so very long '.repeat(9);
  const { stdout } = await predictHere(['--model', 'sentiment', text]);
  expect(stdout.split('\n')[1]).toMatch(/^this film .*… +\w+ +[01]\.\d{3} /);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('pilotlight predict marks the spans of a text and lists them', async () => {
  const { stdout } = await predictHere(['--model', 'slots', 'play some songs by Miles Davis on Spotify']);
  expect(stdout).toContain('[Miles Davis|artist]');
  expect(stdout).toMatch(/^Miles Davis +artist +19-30 +[01]\.\d{3} +[█░]{10}$/m);
});

test('pilotlight predict prints as many labels as --top-k says, best first', async () => {
  const { stdout } = await predict(['--model', 'intent', '--top-k', '3', '--json', 'what is my balance']);
  const [line] = jsonLines(stdout);
  expect(line).toMatchObject({ text: 'what is my balance', result: { length: 3, 0: { label: 'balance' } } });
  const { stdout: all } = await predictHere(['--model', 'intent', '--top-k', 'all', '--json', 'hello']);
  expect(jsonLines(all)[0]).toMatchObject({ result: { length: 151 } });
});

test('pilotlight predict reads the second text of a pair', async () => {
  const { stdout } = await predictHere(['-m', 'sentiment', '--pair', 'I hate this', '--json', 'I love this']);
  expect(jsonLines(stdout)[0]).toMatchObject({
    inputs: { text: 'I love this', text_pair: 'I hate this' },
    result: { length: 1 },
  });
});

test('pilotlight predict takes one text a line from standard input and skips empty lines', async () => {
  const stdin = 'I love this\r\n\n  \nI hate this';
  const { stdout } = await predict(['--model', 'sentiment', '--json'], { stdin });
  expect(jsonLines(stdout)).toMatchObject([
    { text: 'I love this', result: [{ label: 'positive' }] },
    { text: 'I hate this', result: [{ label: 'negative' }] },
  ]);
});

test('pilotlight predict takes one text a line from a file', async () => {
  const { stdout } = await predictHere([
    '-m',
    'sentiment',
    '--json',
    '-f',
    file('a.txt', '"quoted"\nplain\n'),
  ]);
  expect(jsonLines(stdout)).toMatchObject([{ text: '"quoted"' }, { text: 'plain' }]);
});

test('pilotlight predict takes strings and objects from a .jsonl file', async () => {
  const path = file('a.jsonl', '"one"\n{"text":"two","id":7}\n{"inputs":"three"}\n');
  const { stdout } = await predictHere(['-m', 'sentiment', '--json', '--file', path]);
  expect(jsonLines(stdout)).toMatchObject([{ text: 'one' }, { text: 'two' }, { text: 'three' }]);
});

test('pilotlight predict predicts a file of many texts in order', async () => {
  const texts = Array.from({ length: 600 }, (_, i) => `text number ${i}`);
  const { stdout } = await predict(['-m', 'sentiment', '--json'], { stdin: texts.join('\n') });
  expect(jsonLines(stdout)).toMatchObject(texts.map((text) => ({ text })));
});

test('pilotlight predict ends quietly when its reader has seen enough', async () => {
  const command = `yes hello | head -20000 | ${node(...PREDICT).join(' ')} -m sentiment --json | head -1`;
  const { stdout, stderr } = await bash(command);
  expect({ lines: stdout.trim().split('\n').length, stderr }).toEqual({ lines: 1, stderr: '' });
});

test('pilotlight predict names the text that is too long with both numbers, and cuts it where --truncate says so', async () => {
  const long = 'word '.repeat(400);
  const refused = await predictHere(['-m', 'sentiment', 'short', long]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /^error INPUT_REFUSED: Text 2 has 40\d tokens; this model takes at most \d+\. .*--truncate\.\n$/,
  );
  expect(await predictHere(['-m', 'sentiment', '--truncate', 'short', long])).toMatchObject({
    code: 0,
    stderr: '',
  });
});

test.each([
  ['no model', ['hello'], 'Name a model with --model; there are: intent, sentiment, slots.'],
  ['an unknown model', ['-m', 'sentimint', 'a'], 'did you mean sentiment?'],
  [
    'an unknown option',
    ['-m', 'sentiment', '--topk', '1', 'a'],
    "There is no option '--topk'; did you mean '--top-k'?",
  ],
  [
    'a number of labels that is none',
    ['-m', 'intent', '--top-k', '0', 'a'],
    '--top-k takes a whole number from 1',
  ],
  ['--top-k for spans', ['-m', 'slots', '--top-k', '2', 'a'], '--top-k is for text-classification'],
  ['an option of another task', ['-m', 'sentiment', '--labels', 'a,b', 'x'], '--labels is for zero-shot-'],
  [
    'a task that the model cannot do',
    ['-m', 'sentiment', '--task', 'fill-mask', 'x'],
    'cannot do fill-mask; it can do text-classification.',
  ],
  ['texts and a file', ['-m', 'sentiment', '--file', 'x.txt', 'a'], 'Give texts or --file, not both.'],
])('pilotlight predict refuses %s in one line and exits with 2', async (_what, args, message) => {
  const { code, stdout, stderr } = await predictHere(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test.each([
  ['a file that does not exist', ['-m', 'sentiment', '-f', '/nowhere.txt'], '/nowhere.txt does not exist.'],
  ['standard input without a text', ['-m', 'sentiment'], 'There was no text to predict.'],
])('pilotlight predict refuses %s in one line and exits with 1', async (_what, args, message) => {
  const { code, stderr } = await predict(args);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
});

test('pilotlight predict names the line of a .jsonl file that is at fault', async () => {
  const { code, stderr } = await predictHere([
    '-m',
    'sentiment',
    '-f',
    file('b.jsonl', '"a"\n{"txt":"b"}\n'),
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain('b.jsonl:2 is neither a string nor an object with "text" or "inputs".');
});

test('pilotlight predict explains its options with examples', async () => {
  const { code, stdout } = await predictHere(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('pilotlight predict --model intent --top-k 3');
});
