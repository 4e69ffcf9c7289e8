import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { main } from '../../../../cli/src/main.ts';
import { stageProgress } from '../../../../cli/src/models/stage-progress.ts';
import { writePackage } from '../../layers/model-packages.ts';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const folder = temporaryFolder();

async function run(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await main(['models', ...args], { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

describe('models', () => {
  test.each([
    [[], 'Usage: pilotlight models'],
    [['adn'], "There is no command 'adn'; did you mean 'add'?"],
    [['add'], 'add takes the folder'],
    [['add', 'x'], 'add needs --name'],
    [['add', 'x', 'y', '--name', 'z'], "add takes one folder, but got 'y' too"],
    [['add', 'x', '--name', 'No Such Name'], "--name 'No Such Name' must be 1-64 of a-z"],
    [['add', 'x', '--name', 'y', '--version', '1'], "--version '1' must be a semantic version"],
    [['add', 'x', '--name', 'y', '--task', 'ner'], "--task 'ner' must be one of text-classification"],
    [['add', 'x', '--name', 'y', '--variants', 'int4'], "--variants takes int8, fp32, fp16, not 'int4'"],
    [['add', 'x', '--name', 'y', '--token-budget', '0'], 'a whole number of at least 1'],
    [['add', 'x', '--name', 'y', '--evaluate', 'f.jsonl'], 'Each --evaluate takes one --dataset'],
    [['add', 'x', '--name', 'y', '--split', 'dev'], 'Each --split belongs to one --evaluate'],
    [['verify', '--provider', 'tpu'], "--provider takes cpu, cuda, webgpu, not 'tpu'"],
    [['verify', 'a', 'b'], "verify takes one model, but got 'b' too"],
    [['list', 'a'], "list takes no argument, but got 'a'"],
    [['bench'], 'bench takes one model'],
  ])('exits with 2 and says what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test.each([
    [
      ['add', '/nowhere', '--name', 'y', '--packages', join(folder, 'packages'), '--quiet'],
      "There is no folder '/nowhere'.",
    ],
    [['verify', 'nothing', '--packages', '/nowhere'], 'There is no model named "nothing"'],
    [['verify', '--packages', '/nowhere'], 'There is no package in /nowhere.'],
    [['list', '--catalog', '/nowhere/catalog.json'], '/nowhere/catalog.json'],
  ])('exits with 1 and one line for %j', async (args, message) => {
    const result = await run(...args);
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
    expect(result.stderr).toMatch(/^error: .+\n$/);
  });

  test.each(['add', 'verify', 'list', 'bench'])('explains %s with an example', async (command) => {
    const { code, stdout } = await run(command, '--help');
    expect(await run(command, '-h')).toEqual({ code, stdout, stderr: '' });
    expect(code).toBe(0);
    expect(stdout).toContain(`pilotlight models ${command}`);
    expect(stdout).toMatch(/Examples?:/);
  });

  test('lists its commands', async () => {
    const { code, stdout } = await run('--help');
    expect(await run('-h')).toEqual({ code, stdout, stderr: '' });
    expect(code).toBe(0);
    for (const command of ['add', 'verify', 'list', 'bench'])
      expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'));
  });
});

describe('models list', () => {
  const packages = join(folder, 'listed', 'packages');
  writePackage(packages, { name: 'parity' });

  test('shows the tier of the catalog beside the packages, or of the one that is named', async () => {
    const listed = (...args: string[]) => run('list', '--packages', packages, ...args);
    expect((await listed()).stdout).toMatch(/^parity +1\.0\.0 .* none/m);
    const catalog = (version: string) => JSON.stringify({ models: { parity: { version, tier: 'gpu' } } });
    const beside = join(packages, '../catalog.json');
    writeFileSync(beside, catalog('1.0.0'));
    expect((await listed()).stdout).toMatch(/^parity +1\.0\.0 .* gpu/m);
    const other = join(packages, '../other.json');
    writeFileSync(other, catalog('2.0.0'));
    expect((await listed('--catalog', other)).stdout).toMatch(/^parity +1\.0\.0 .* none/m);
  });
});

describe('progress', () => {
  test('is one plain line a stage where there is no terminal', async () => {
    const stream = new PassThrough();
    const progress = stageProgress(stream);
    await progress.stage('read', async (report) => report(0.5));
    await expect(progress.stage('write', () => Promise.reject(new Error('full')))).rejects.toThrow('full');
    expect(String(stream.read())).toMatch(/^✓ read +\d+ ms\n✗ write\n$/);
  });

  test('is a bar that moves on a terminal', async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true });
    await stageProgress(stream).stage('read', async (report) => report(0.5));
    const bars = stripVTControlCharacters(String(stream.read())).match(/█*░+/g) ?? [];
    expect(bars.map((bar) => bar.split('█').length - 1)).toEqual([0, 12]);
  });
});
