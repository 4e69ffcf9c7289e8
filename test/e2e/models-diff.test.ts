/** `models diff` and `models fingerprint`, each as a process too: exit codes, the comment of a pull request, answers of another machine. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeTwin } from '../fixtures/twin-package.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { node, run } from './command.ts';
import { runHere } from './command-here.ts';

const folder = temporaryFolder();
const twins = join(folder, 'twins');
const texts = join(folder, 'texts.jsonl');
const recorded = join(folder, 'answers.jsonl');
const TEXTS = ['A WONDERFUL film', 'I would NOT watch it again', '@someone said **so**, <b>in BOLD</b>'];

const models = (...args: string[]) => runHere(['models', ...args]);
const modelsApart = (...args: string[]) => run(node('cli/src/main.ts', 'models', ...args));

beforeAll(() => {
  writeTwin({ name: 'sentiment', version: '1.0.1' }, twins, ({ normalizer }) => {
    normalizer.lowercase = false;
  });
  writeFileSync(texts, TEXTS.map((text) => `${JSON.stringify({ text, label: 'any' })}\n`).join(''));
});

describe('models diff', () => {
  const twin = join(twins, 'sentiment', '1.0.1');
  const compared = ['diff', 'sentiment', twin, '--texts', texts, '--no-latency'];
  const twinOf = (...more: string[]) => models(...compared, ...more);

  test('tells people which tokens differ, and what the tokenizer does otherwise', async () => {
    const { code, stdout } = await modelsApart(...compared);
    expect(code).toBe(0);
    expect(stdout).toContain('token ids differ in 3 of 3 texts');
    expect(stdout).toContain('lower-casing is off in B');
  });

  test('writes the comment of a pull request, in which a text of others is nothing but text', async () => {
    const { stdout } = await twinOf('--markdown');
    expect(stdout).toMatch(/^### <code>sentiment@1\.0\.1 int8<\/code> → /);
    expect(stdout).toContain('<details><summary>Token ids: 3 texts differ</summary>');
    expect(stdout).toContain('&#64;&#8203;someone said &#42;&#42;so&#42;&#42;, &lt;b&gt;in BOLD&lt;/b&gt;');
  });

  test('fails where more decisions flip than are allowed, and only then', async () => {
    const same = await models(
      'diff',
      'sentiment',
      'sentiment:int8',
      '--texts',
      texts,
      '--no-latency',
      '--max-flips',
      '0',
    );
    expect(same.code).toBe(0);
    const { code, stdout } = await twinOf('--max-flips', '0', '--json');
    const { answers, passed } = JSON.parse(stdout);
    expect({ code, passed }).toEqual({
      code: answers.flips.length > 0 ? 1 : 0,
      passed: answers.flips.length === 0,
    });
  });

  test('takes answers that were recorded, here or on another machine, and their texts with them', async () => {
    expect((await models('diff', 'sentiment', '--record', recorded, '--texts', texts)).code).toBe(0);
    const [header = '', ...rows] = readFileSync(recorded, 'utf8').split('\n');
    const elsewhere = {
      ...JSON.parse(header),
      machine: { ...JSON.parse(header).machine, architecture: 'other' },
    };
    writeFileSync(recorded, [JSON.stringify(elsewhere), ...rows].join('\n'));
    const { code, stdout } = await models('diff', recorded, 'sentiment', '--max-flips', '0');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^A is sentiment@1\.0\.1 int8 \([0-9a-f]{8}, recorded\), B is .*; 3 texts\.$/m);
    expect(stdout).toContain('token ids are the same in all 3 texts');
    expect(stdout).toContain('scores are the same, bit for bit');
    expect(stdout).toMatch(/architecture: other in A, \w+ in B/);
  });
});

describe('models fingerprint', () => {
  test('prints short hashes of a package on a corpus', async () => {
    const { code, stdout } = await modelsApart('fingerprint', texts, '--model', 'sentiment');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sentiment@1\.0\.1 int8 +3 +([0-9a-f]{4} ){3} +([0-9a-f]{4} ){3} /m);
  });
});
