/** `pilotlight synth`, `diff`, `deploy` and `destroy` in an app of somebody else: what they hand on to the CDK. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { node, run } from './command.ts';

const MAIN = resolve('cli/src/main.ts');
const root = mkdtempSync(join(tmpdir(), 'pilotlight-app-'));
afterAll(() => rmSync(root, { recursive: true }));
const app = join(root, 'packages/app');
const bin = join(root, 'node_modules/.bin');

const pilotlight = (cwd: string, ...args: readonly string[]) => run(node(MAIN, ...args), { cwd });

test('says what to do where there is no CDK app', async () => {
  const { code, stderr } = await pilotlight(root, 'deploy');
  expect(code).toBe(1);
  expect(stderr).toBe(
    `error NO_CDK_APP: There is no CDK app here: ${root} has no cdk.json. "pilotlight init my-nlp" writes one.\n`,
  );
});

test('says what to install where the app has no CDK', async () => {
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, 'cdk.json'), '{}');
  const { code, stderr } = await pilotlight(app, 'synth');
  expect(code).toBe(1);
  expect(stderr).toContain('npm install --save-dev aws-cdk');
});

test.each([
  [['synth'], 'synth --quiet **'],
  [['diff', '--team', 'acme', '--env=prod'], 'diff ** -c team=acme -c env=prod'],
  [
    ['deploy', '-c', 'team=acme', '--require-approval', 'never'],
    'deploy ** -c team=acme --require-approval never',
  ],
  [['destroy', '--force'], 'destroy ** --force'],
])('runs the CDK of a folder above for %j, and ends with its exit code', async (args, expected) => {
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'cdk'), '#!/bin/sh\necho "$@"\nexit 3\n');
  chmodSync(join(bin, 'cdk'), 0o755);
  expect(await pilotlight(app, ...args)).toEqual({ code: 3, stdout: `${expected}\n`, stderr: '' });
});
