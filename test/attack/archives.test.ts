/**
 * Hostile AllenNLP archives, as `models inspect` and `models add` meet them: each is refused with a code and one line, runs nothing, leaves
 * nothing behind, and takes less than 1.5 GB of memory.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PilotlightError } from '@pilotlight/engine';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openArchive } from '../../model-assets/toolchain/src/allennlp/archive/open-archive.ts';
import { inspectArchive } from '../../model-assets/toolchain/src/allennlp/inspect/inspect-archive.ts';
import { buildGraphs } from '../../model-assets/toolchain/src/allennlp/models/index.ts';
import { archiveMembers, tarGz } from '../fixtures/archives.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { hostileArchives } from './hostile-archives.ts';

const MOST_CPU_SECONDS = 20;
const MOST_RESIDENT_BYTES = 1.5e9;

const root = temporaryFolder();
const folder = join(root, 'archives');
const temporary = join(root, 'temporary');
const canary = join(root, 'canary');
const path = join(folder, 'model.tar.gz');
const ARCHIVES = hostileArchives(canary);

beforeEach(() => {
  for (const each of [folder, temporary]) mkdirSync(each, { recursive: true });
  vi.stubEnv('TMPDIR', temporary);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(path, { force: true });
});

/** Reads an archive as far as packaging does: every tensor, into graphs. */
async function build(): Promise<void> {
  const archive = await openArchive(path);
  try {
    for (const name of archive.tensorNames()) archive.tensor(name);
    buildGraphs(archive, archive.config.model);
  } finally {
    archive.close();
  }
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function expectRefusal(error: unknown): void {
  if (!PilotlightError.is(error)) throw error ?? new Error('It was read.');
  expect(error.code).toMatch(/^(SOURCE_(INVALID|UNSUPPORTED)|WEIGHTS_INVALID|GRAPH_INVALID)$/);
  expect(error.message).not.toMatch(/[\n\r\0]|root:/);
  expect(error.message.length).toBeLessThan(1_000);
}

test('there are 300 hostile archives', () => {
  expect(ARCHIVES.length).toBeGreaterThanOrEqual(300);
});

test('the archive that they are made of is read', async () => {
  writeFileSync(path, tarGz(archiveMembers()));
  await build();
  expect((await inspectArchive(path)).problems).toEqual([]);
});

test.each(ARCHIVES)('an archive is refused: $name', async ({ content }) => {
  writeFileSync(path, content);
  const start = process.cpuUsage();
  expectRefusal(await errorOf(build()));
  const inspecting = inspectArchive(path);
  const error = await errorOf(inspecting);
  if (error === undefined) expect((await inspecting).problems).not.toEqual([]);
  else expectRefusal(error);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(MOST_CPU_SECONDS);
  expect(existsSync(canary)).toBe(false);
  expect(readdirSync(root).sort()).toEqual(['archives', 'temporary']);
  expect([readdirSync(folder), readdirSync(temporary)]).toEqual([['model.tar.gz'], []]);
});

test('all of them together took less than 1.5 GB of memory', () => {
  expect(1024 * process.resourceUsage().maxRSS).toBeLessThan(MOST_RESIDENT_BYTES);
});
