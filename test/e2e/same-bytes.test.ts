/** The same source gives the same package, whatever runs beside it and on however many threads: every file but what a clock says. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { writeLlama, writeT5 } from '../fixtures/generators.ts';
import { node, run } from './command.ts';
import { EXAMPLE } from './example-archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-same-bytes-'));
const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
beforeAll(() => {
  const labels = ['bad', 'good'];
  const shape = SHAPES.tiny;
  writeCheckpoint({ family: 'bert', head: 'sequence-classification', shape, labels }, join(folder, 'labels'));
  writeCheckpoint({ family: 'mpnet', head: 'base', shape }, join(folder, 'embeddings'));
  writeLlama(join(folder, 'llama'));
  writeT5(join(folder, 't5'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SOURCES: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['a checkpoint', [join(folder, 'labels')]],
  ['a checkpoint in fp32 and int8', [join(folder, 'embeddings'), '--variants', 'int8,fp32']],
  ['a decoder', [join(folder, 'llama')]],
  ['an encoder and a decoder', [join(folder, 't5')]],
  ['an archive', [join(EXAMPLE, 'model.tar.gz'), '--tokenization', 'whitespace']],
];

async function add(packages: string, args: readonly string[], before: readonly string[] = []): Promise<void> {
  const command = node('cli/src/main.ts', 'models', 'add', ...args, '--name', 'same', '--packages', packages);
  const { code, stderr } = await run([...before, ...command, '--quiet']);
  expect(code, stderr).toBe(0);
}

function contentOf(packages: string): Map<string, Buffer> {
  const root = join(packages, 'same/1.0.0');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(root.length + 1), readFileSync(file)]),
  );
}

test.each(SOURCES)(
  '%s gives the same bytes again, on one core beside other work',
  async (what, args) => {
    const [first, again] = ['first', 'again'].map((name) => join(folder, what.replaceAll(' ', '-'), name));
    await add(first ?? '', args);
    const busy = spawn(process.execPath, ['-e', 'for (;;);']);
    try {
      await add(again ?? '', args, hasTaskset ? ['taskset', '--cpu-list', '0'] : []);
    } finally {
      busy.kill('SIGKILL');
    }
    const expected = contentOf(first ?? '');
    const found = contentOf(again ?? '');
    expect([...found.keys()]).toEqual([...expected.keys()]);
    const differing = [...expected].filter(([file, content]) => !found.get(file)?.equals(content));
    expect(differing.map(([file]) => file).filter((file) => file !== 'measured.json')).toEqual([]);
    expect(expected.get('measured.json')?.toString()).toMatch(/"inferMsPerToken"|"stepMs"/);
  },
  240_000,
);
