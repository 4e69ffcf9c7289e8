/** The runtime layer of the installed packages, used as a function uses it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { buildRuntimeLayer } from '../../../layers/builders/src/runtime/index.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';

const scratch = temporaryFolder();
/** The folder is kept from one run to the next, because these layers take seconds to zip. */
const OUTDIR = resolve('dist/layers');
const SENTIMENT = resolve('model-assets/packages/sentiment/1.0.1');

const goldenSchema = z.object({
  text: z.string(),
  ids: z.array(z.number()),
  outputs: z.object({ logits: z.object({ values: z.array(z.number()) }) }),
});
const headerSchema = z.object({ tolerance: z.object({ int8: z.number() }) });
const outputSchema = z.object({
  answers: z.array(z.object({ ids: z.array(z.number()), logits: z.array(z.number()) })),
  loaded: z.array(z.string()),
});

/** The script is copied out of this repository, whose node_modules it would find before NODE_PATH. */
function runOnLayer(folder: string, texts: readonly string[]) {
  const script = join(scratch, 'use-runtime-layer.cjs');
  copyFileSync('test/unit/layers/use-runtime-layer.cjs', script);
  const modules = join(folder, 'nodejs/node_modules');
  const stdout = execFileSync(process.execPath, [script, SENTIMENT, ...texts], {
    cwd: scratch,
    env: { NODE_PATH: modules },
    encoding: 'utf8',
  });
  const { answers, loaded } = outputSchema.parse(JSON.parse(stdout));
  return { answers, loaded: loaded.map((file) => relative(modules, file)).sort() };
}

const isCode = (path: string) => /\.(?:js|cjs|mjs|node)$/.test(path);

describe.skipIf(process.platform !== 'linux')('nothing but the runtime layer', () => {
  const [header = '', ...lines] = readFileSync(join(SENTIMENT, 'goldens.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const { tolerance } = headerSchema.parse(JSON.parse(header));
  const goldens = lines.slice(0, 8).map((line) => goldenSchema.parse(JSON.parse(line)));
  let folder: string;
  let used: ReturnType<typeof runOnLayer>;
  beforeAll(() => {
    folder = buildRuntimeLayer(process.arch === 'arm64' ? 'arm64' : 'x64', OUTDIR).folder;
    used = runOnLayer(
      folder,
      goldens.map(({ text }) => text),
    );
  });

  test('tokenises and infers as the goldens of the model say', () => {
    expect(used.answers.map(({ ids }) => ids)).toEqual(goldens.map(({ ids }) => ids));
    for (const [i, { outputs }] of goldens.entries()) {
      for (const [j, value] of outputs.logits.values.entries()) {
        expect(Math.abs((used.answers[i]?.logits[j] ?? Number.NaN) - value)).toBeLessThanOrEqual(
          tolerance.int8,
        );
      }
    }
  });

  test('is loaded, and all of its code is', () => {
    const modules = join(folder, 'nodejs/node_modules');
    const code = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter(isCode).sort();
    expect(used.loaded).toEqual(code);
  });
});

test('the layer for arm64 has binaries for aarch64 alone, built on any machine', () => {
  const { folder, bytes } = buildRuntimeLayer('arm64', OUTDIR);
  const binaries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(?:node|so\b.*)$/.test(path),
  );
  expect(binaries.map((path) => path.split('/').at(-1)).sort()).toEqual([
    'libonnxruntime.so.1',
    'onnxruntime_binding.node',
    'tokenizers.linux-arm64-gnu.node',
  ]);
  const headers = binaries.map((path) => readFileSync(join(folder, path)).subarray(0, 20).toString('hex'));
  // 64-bit, little-endian, shared object (3), machine 183 (0xb7): man 5 elf.
  for (const header of headers) expect(header).toMatch(/^7f454c460201.{20}0300b700$/);
  expect(bytes).toBeLessThanOrEqual(34_000_000);
});
