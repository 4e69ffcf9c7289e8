/** Drift from end to end: a reference that the command records, a server that compares its requests with it, in all wire formats. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../fixtures/random.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { type Ended, node, run } from './command.ts';
import { runHere } from './command-here.ts';
import { type InferenceServer, startServer } from './server.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const texts = join(folder, 'last-week.txt');
const FILE = join(packages, 'sentiment/1.0.1/reference.json');

const random = new Random(3);
const pick = (words: string): string => {
  const list = words.split(' ');
  return list[Math.floor(random.uniform() * list.length)] ?? '';
};
const clause = (): string =>
  `the ${pick('film room meal phone service')} was ${pick('really hardly not quite')} ${pick('good bad great awful fine dull')}`;
const review = (): string =>
  Array.from({ length: 1 + Math.floor(3 * random.uniform()) }, clause).join(' and ');

const reference = (...args: readonly string[]): Promise<Ended> =>
  run(node('cli/src/main.ts', 'models', 'reference', 'sentiment', '--packages', packages, ...args));
const referenceHere = (...args: readonly string[]): Promise<Ended> =>
  runHere(['models', 'reference', 'sentiment', '--packages', packages, ...args]);

beforeAll(() => {
  cpSync('model-assets/packages/sentiment', join(packages, 'sentiment'), { recursive: true });
  rmSync(FILE);
  writeFileSync(texts, Array.from({ length: 1000 }, review).join('\n'));
});

describe('models reference', () => {
  test('records what the texts of a file are like, and nothing of the texts', async () => {
    const { code, stdout } = await reference('--texts', texts, '--source', 'reviews, made up', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'sentiment', texts: 1000, refused: 0, file: FILE });
    const recorded = readFileSync(FILE, 'utf8');
    expect(JSON.parse(recorded)).toMatchObject({ source: 'reviews, made up', texts: 1000, variant: 'int8' });
    expect(recorded).not.toMatch(/film|room|meal|awful/);
    await referenceHere('--texts', texts, '--source', 'reviews, made up');
    expect(readFileSync(FILE, 'utf8'), 'the same bytes').toBe(recorded);
  });

  test('refuses too few texts, and leaves the reference that was there', async () => {
    const before = readFileSync(FILE, 'utf8');
    const few = join(folder, 'few.txt');
    writeFileSync(few, Array.from({ length: 199 }, review).join('\n'));
    const { code, stderr } = await referenceHere('--texts', few);
    expect(code).toBe(1);
    expect(stderr).toContain('The model answered 199 of the texts; a reference takes 200 or more');
    expect(readFileSync(FILE, 'utf8')).toBe(before);
  });

  test('is told what to record', async () => {
    const { code, stderr } = await referenceHere();
    expect(code).toBe(2);
    expect(stderr).toContain('reference needs --texts');
  });
});

describe('a server', () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await startServer({ PILOTLIGHT_MODELS_DIR: packages, PILOTLIGHT_PRELOAD_MODELS: 'sentiment' });
  });
  afterAll(() => server.signal('SIGKILL'));

  const FORMATS: readonly ((text: string) => [path: string, body: object])[] = [
    (text) => ['/models/sentiment', { inputs: text }],
    (text) => ['/models/sentiment', { inputs: [text], parameters: { top_k: 1 } }],
    (text) => ['/predict', { inputs: text, raw_scores: true }],
    (text) => ['/invocations', { inputs: text }],
  ];
  const ask = async (count: number, make: () => string): Promise<void> => {
    for (let sent = 0; sent < count; sent += 20) {
      const answers = Array.from({ length: 20 }, async (_, place) => {
        const [path = '', body] = FORMATS[place % FORMATS.length]?.(make()) ?? [];
        return fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
      });
      for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
    }
  };
  const ratios = async (): Promise<Record<string, number>> => {
    const lines = (await server.metrics()).matchAll(
      /^pilotlight_drift_ratio\{model="sentiment",version="1\.0\.1",feature="(\w+)"\} (\S+)$/gm,
    );
    return Object.fromEntries([...lines].map(([, feature, ratio]) => [feature, Number(ratio)]));
  };

  test('is quiet while its requests are like the reference, whatever wire format they come in', async () => {
    await ask(260, review);
    const found = await ratios();
    expect(Object.keys(found).sort()).toEqual([
      'confidence',
      'entropy',
      'label',
      'script',
      'tokens',
      'unknown',
    ]);
    expect(Math.max(...Object.values(found))).toBeLessThan(1);
  });

  test('tells within 500 requests that they are twice as long and in two languages', async () => {
    const twice = () => `${review()} and ${review()}`;
    await ask(480, () => (random.uniform() < 0.25 ? 'это был очень хороший фильм' : twice()));
    const { tokens, script, unknown } = await ratios();
    expect(tokens).toBeGreaterThan(1);
    expect(script).toBeGreaterThan(1);
    expect(unknown).toBeGreaterThan(1);
  });
});
