/** What the commands of a registry say before they ask any. */
import { PassThrough } from 'node:stream';
import { whoAmI } from '@pilotlight/lifecycle/registry';
import { describe, expect, test } from 'vitest';
import { transferProgress } from '../../../../cli/src/kit/transfer.ts';
import { main } from '../../../../cli/src/main.ts';

async function run(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await main(['models', ...args], { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

const registry = ['--registry', 's3://models'];
const because = ['--because', 'it is better'];

describe('a command of a registry', () => {
  test.each([
    [['push', ...registry], 'push takes one model'],
    [['history', 'sentiment'], 'No registry is named: add --registry s3://BUCKET/PREFIX'],
    [['history', 'sentiment', '--registry', 'models'], 'A registry is a bucket or a folder in one'],
    [
      ['history', 'sentiment@1.0.0', ...registry],
      'history takes the name of a model, without a version: sentiment.',
    ],
    [['pull', ...registry], 'pull takes one model'],
    [['pull', 'sentiment@Prod', ...registry], "'sentiment@Prod' is no model"],
    [['promote', 'sentiment@1.0.0', ...because, ...registry], 'Say which alias: --to canary.'],
    [['promote', 'sentiment', '--to', '1.0.0', ...because], "--to takes an alias such as prod, not '1.0.0'"],
    [['promote', 'sentiment', '--to', 'prod', ...registry], 'Say why, for the history: --because'],
    [['promote', 'sentiment', '--to', 'prod', '--because', ' ', ...registry], 'Say why, for the history'],
    [
      ['promote', 'sentiment', '--to', 'canary', '--share', '5', ...because],
      '--share takes a number from 0 to 1',
    ],
    [['rollback', 'sentiment', ...registry], 'Say why, for the history'],
    [
      ['rollback', 'sentiment@1.0.0', ...because, ...registry],
      'rollback takes the name of a model, without a version',
    ],
    [
      ['retire', 'sentiment', '--alias', 'a_b', ...because, ...registry],
      "--alias takes an alias such as prod, not 'a_b'",
    ],
    [['retire', 'sentiment', ...because, ...registry], 'Say which alias: --alias canary.'],
    [['require', ...because, ...registry], 'require takes the name of one model'],
    [
      ['require', 'sentiment', 'accuracy>=0.9', '--dataset', 'none.jsonl', ...because, ...registry],
      "--dataset takes a file that can be read, or its sha256, not 'none.jsonl'",
    ],
    [['require', 'sentiment', '--dataset', 'a'.repeat(64), ...because, ...registry], 'name a gate'],
    [['gc', '--keep', '0', ...registry], '--keep takes a whole number of at least 1'],
    [['gc', '--older-than', 'x', ...registry], '--older-than takes a whole number'],
  ])('exits with 2 and says what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('the progress of a transfer', () => {
  test('is drawn on a terminal, and not where nobody wants it or there is nothing to come', () => {
    const draw = (quiet: boolean, all: number) => {
      const stream = Object.assign(new PassThrough(), { isTTY: true });
      const progress = transferProgress(stream, 'sentiment', quiet);
      progress.show(all / 2, all);
      progress.clear();
      return String(stream.read() ?? '');
    };
    expect(draw(false, 2e6)).toMatch(/█+░+ sentiment 1\.0 MB of 2\.0 MB/);
    expect(draw(true, 2e6)).toBe('');
    expect(draw(false, 0)).toBe('');
  });
});

describe('who does something', () => {
  test('is the actor of a workflow with its run, else what git or the machine says', async () => {
    const workflow = { GITHUB_ACTOR: 'ada', GITHUB_REPOSITORY: 'acme/nlp', GITHUB_RUN_ID: '7' };
    expect(await whoAmI(workflow)).toBe('ada (acme/nlp run 7)');
    expect(await whoAmI({})).toMatch(/\S/);
  });
});
