/** ONNX Runtime's own telemetry, as processes that use the engine have it: none. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { node, run } from '../../e2e/command.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';

const scratch = temporaryFolder();
const packages = JSON.stringify(resolve('model-assets/packages'));

/** What a process leaves in its home folder; ONNX Runtime keeps its device id there. CI silences it, so there is none. */
async function leftAtHome(name: string, code: string): Promise<string[]> {
  const home = join(scratch, name);
  mkdirSync(home);
  const script = join(scratch, `${name}.ts`);
  writeFileSync(script, code);
  const unset = { CI: undefined, ORT_DISABLE_TELEMETRY: undefined, XDG_CACHE_HOME: undefined };
  const { code: exit, stderr } = await run(node(script), { env: { ...unset, HOME: home } });
  expect(stderr).toBe('');
  expect(exit).toBe(0);
  return readdirSync(home);
}

const engine = JSON.stringify(resolve('layers/engine/src/index.ts'));
const predict = (sessions: 'inline' | 'worker') => `
  import { Engine } from ${engine};
  const engine = new Engine({ packages: ${packages}, ${sessions === 'worker' ? "sessions: 'worker'" : ''} });
  await engine.predict('sentiment', 'I love this');
  await engine.dispose();`;

test('a prediction in the process leaves nothing at home', async () => {
  expect(await leftAtHome('inline', predict('inline'))).toEqual([]);
});

test('a prediction in a thread leaves nothing at home either', async () => {
  expect(await leftAtHome('worker', predict('worker'))).toEqual([]);
});

test('the installed ONNX Runtime still asks the variable that is set', () => {
  const binaries = 'node_modules/onnxruntime-node/bin/napi-v6/linux';
  for (const architecture of ['x64', 'arm64'])
    expect(
      readFileSync(join(binaries, architecture, 'libonnxruntime.so.1')).includes('ORT_DISABLE_TELEMETRY'),
    ).toBe(true);
});
