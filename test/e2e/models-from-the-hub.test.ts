/** `models add hf:...` as a process, from a hub on loopback. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sha256Of } from '../../model-assets/format/src/package/integrity.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { type FakeHub, startHub } from '../fixtures/hub.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const CLI = join(import.meta.dirname, '../../cli/src/main.ts');
const root = temporaryFolder();
const packages = join(root, 'packages');
const cache = join(root, 'cache');
let hub: FakeHub;
let commit: string;

beforeAll(async () => {
  hub = await startHub();
  const checkpoint = join(root, 'checkpoint');
  const labels = ['bad', 'good'];
  writeCheckpoint(
    { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels },
    checkpoint,
  );
  writeFileSync(join(checkpoint, 'README.md'), '---\nlicense: apache-2.0\n---\n# Reviews\n');
  commit = hub.put('acme/reviews', checkpoint);
  const archive = join(root, 'archive');
  mkdirSync(archive);
  cpSync('examples/from-allennlp/model.tar.gz', join(archive, 'model.tar.gz'));
  hub.put('acme/ner', archive);
});
afterAll(() => hub.close());
afterEach(() => {
  hub.fault = () => undefined;
  rmSync(packages, { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
});

const ADD = [
  ...['models', 'add', 'hf:acme/reviews', '--name', 'tiny', '--variants', 'fp32'],
  ...['--token-budget', '512', '--cache', cache],
];
const env = () => ({ ...process.env, HOME: root, HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_secret' });
const args = (more: readonly string[]) => [CLI, ...ADD, '--packages', packages, ...more];

function add(...more: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args(more), { env: env() }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** Sums of all files of a folder, by their paths. */
const sums = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((file) => [relative(folder, file), sha256Of(readFileSync(file))]);

test('a model of the hub becomes a package that names its commit and its licence, and again without the hub', async () => {
  const { code, stdout, stderr } = await add('--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { manifest, folder } = JSON.parse(stdout);
  expect(manifest.source).toMatchObject({
    kind: 'huggingface',
    id: 'acme/reviews',
    revision: commit,
    license: 'apache-2.0',
    files: { 'model.safetensors': expect.any(String), 'config.json': expect.any(String) },
  });
  const card = readFileSync(join(folder, 'MODEL_CARD.md'), 'utf8');
  expect(card).toContain(
    `packaged by Pilotlight from acme/reviews (huggingface, revision ${commit}, licence apache-2.0)`,
  );
  const first = sums(packages);
  hub.fault = () => ({ kind: 'status', status: 500 });
  const again = await add('--offline', '--force');
  expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/✓ fetch hf:acme\/reviews +\d+ ms/) });
  expect(sums(packages)).toEqual(first);
  expect(again.stdout + again.stderr + stdout + card).not.toContain('hf_secret');
});

test('a model that is an archive of AllenNLP is inspected by its address', async () => {
  const inspect = [CLI, 'models', 'inspect', 'hf:acme/ner', '--cache', cache, '--json'];
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, inspect, { env: env() }, (_error, out) => resolve(out));
  });
  expect(JSON.parse(stdout)).toMatchObject({ model: 'crf_tagger', problems: [] });
});

test('a name that is no folder is answered with the address that may be meant', async () => {
  const child = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [CLI, 'models', 'add', 'acme/reviews', '--name', 'x', '--packages', packages],
      (_error, _out, err) => resolve(err),
    );
  });
  expect(child).toBe(
    "✗ read\nerror SOURCE_NOT_FOUND: There is no folder 'acme/reviews'; did you mean hf:acme/reviews, a model of the Hugging Face Hub?\n",
  );
});
