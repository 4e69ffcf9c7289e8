/** A model that generates, from its folder to a text in the terminal, by the commands alone. */
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../cli/src/main.ts';
import { writeLlama, writeT5 } from '../fixtures/generators.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { node, run } from './command.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const [llama, t5] = [join(folder, 'llama'), join(folder, 't5')];

/** A command, in this process. */
async function here(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await main([...args, '--packages', packages], { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}
const models = (...args: string[]) => here('models', ...args);

const predict = (...args: string[]) =>
  run(node('cli/src/main.ts', 'predict', '--model', 'chatter', '--packages', packages, ...args));

let added: Awaited<ReturnType<typeof models>>;
beforeAll(async () => {
  writeLlama(llama);
  writeT5(t5);
  added = await models('add', llama, '--name', 'chatter');
}, 60_000);

describe('models', () => {
  test('add tells its stages and what it made', () => {
    expect(added.code).toBe(0);
    expect(added.stderr).toMatch(
      /read.*\n.*optimise fp32.*\n.*goldens.*\n.*measure speed.*\n.*verify package/,
    );
    expect(added.stdout).toMatch(/chatter@1\.0\.0 is packaged and proven in /);
    expect(added.stdout).toMatch(/^VARIANT +SCHEME +SIZE +GOLDENS +LARGEST ERROR +LOAD$/m);
    expect(added.stdout).toContain('llama for text-generation; a step takes ');
  });

  test('list, info and verify know it', async () => {
    expect((await models('list')).stdout).toMatch(/^chatter +1\.0\.0 +text-generation +128 +fp32 0\.1 MB/m);
    const info = (await models('info', 'chatter')).stdout;
    expect(info).toMatch(/^task +text-generation, by a llama$/m);
    expect(info).toMatch(/^chat +yes, by a template of its own$/m);
    expect(info).toMatch(/^fp32 \(served\) +fp32, 0\.1 MB, \d+ tokens a second$/m);
    expect((await models('verify', 'chatter')).stdout).toMatch(/^chatter@1\.0\.0 +fp32 +8 +0\.0 .* proven$/m);
  });

  test('bench times the first token, the next ones, and texts together', async () => {
    const { stdout } = await models('bench', 'chatter', '--tokens', '8', '--runs', '1');
    expect(stdout).toMatch(/^chatter@1\.0\.0 fp32, 32 tokens a text, greedy, loaded in /);
    expect(stdout).toMatch(/^ +1 +8 +[\d.]+ +[\d.]+ +[\d.]+ +\d+\n +8 +8 /m);
    const json = JSON.parse(
      (await models('bench', 'chatter', '--tokens', '8', '--runs', '1', '--json')).stdout,
    );
    expect(json.latencies).toMatchObject([
      { texts: 1, promptTokens: 8, newTokens: 32, tokensPerSecond: expect.any(Number) },
      { texts: 8, promptTokens: 8, newTokens: 32, firstTokenMs: expect.any(Number) },
    ]);
  });

  test.each([
    [['--pooling', 'mean'], '--pooling is not for a model that generates text'],
    [['--token-budget', '64'], '--token-budget is not for a model that generates text'],
    [['--variants', 'fp16'], "--variants 'fp16' must be int8 or fp32"],
    [['--task', 'text-generation'], 'has an encoder, so it does'],
    [['--runtime', 'transformers.js'], '--runtime transformers.js takes --task'],
  ])('add refuses %j of a model that generates', async (args, message) => {
    const { code, stderr } = await models('add', t5, '--name', 'refused', ...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

describe('predict', () => {
  test('prints the text as it comes, which is the text that it prints as a whole', async () => {
    const args = ['The river', '--set', 'max_new_tokens=6', '--set', 'num_beams=1'];
    const [whole, streamed] = await Promise.all([predict(...args), predict('--stream', ...args)]);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(streamed).toEqual(whole);
    expect(whole.stdout.length).toBeGreaterThan(1);
  });

  test('gives all sequences in JSON, by beams', async () => {
    const parameters = [
      '--set',
      'num_beams=3',
      '--set',
      'num_return_sequences=2',
      '--set',
      'max_new_tokens=4',
    ];
    const { stdout } = await predict('--json', 'The river', ...parameters);
    const { text, result } = JSON.parse(stdout);
    expect(text).toBe('The river');
    expect(result.sequences).toHaveLength(2);
    expect(result.sequences[0].score).toBeGreaterThanOrEqual(result.sequences[1].score);
  });

  test.each([
    [['--top-k', '3'], '--top-k is not for text-generation'],
    [['--stream', '--json'], '--stream prints text; leave out --json'],
    [['--set', 'num_baems=3'], 'num_beams'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await here('predict', '--model', 'chatter', 'a', ...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});
