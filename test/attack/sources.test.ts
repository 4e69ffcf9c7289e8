/** `models add` of hostile sources: each is refused with a code and one line, soon, and leaves nothing behind. */
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PilotlightError } from '@pilotlight/engine';
import { describe, expect, test } from 'vitest';
import type { PackageOptions } from '../../model-assets/toolchain/src/options.ts';
import { packageModel } from '../../model-assets/toolchain/src/package-model.ts';
import { SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { HOSTILE_SOURCES } from './hostile-sources.ts';

/** The slowest refusal takes 1. */
const MOST_CPU_SECONDS = 10;

const root = temporaryFolder();
const original = join(root, 'original');
const source = join(root, 'source');
const packages = join(root, 'packages');
writeCheckpoint(
  { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['a', 'b'] },
  original,
);

/** Packages a source, which has to be refused; gives the error. */
async function refusalOf(
  path: string,
  options: Pick<PackageOptions, 'texts' | 'task'> = {},
): Promise<PilotlightError> {
  const start = process.cpuUsage();
  const packaging = packageModel({ ...options, source: path, packages, name: 'hostile', tokenBudget: 512 });
  const error: unknown = await packaging.then(
    () => new Error('It was packaged.'),
    (refusal: unknown) => refusal,
  );
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(MOST_CPU_SECONDS);
  if (!PilotlightError.is(error)) throw error;
  expect(error.message).not.toMatch(/[\n\r]|root:/);
  expect(error.message.length).toBeLessThan(700);
  expect(existsSync(packages) ? readdirSync(packages) : []).toEqual([]);
  return error;
}

test('there are a hundred hostile sources, no two alike', () => {
  expect(HOSTILE_SOURCES.length).toBeGreaterThanOrEqual(100);
  expect(new Set(HOSTILE_SOURCES.map(({ name }) => name)).size).toBe(HOSTILE_SOURCES.length);
});

test.each(HOSTILE_SOURCES)('a source is refused: $name', async ({ spoil, task }) => {
  rmSync(source, { recursive: true, force: true });
  cpSync(original, source, { recursive: true });
  spoil(source);
  const { code } = await refusalOf(source, { ...(task && { task }) });
  expect(code).toMatch(/^(SOURCE_(NOT_FOUND|INVALID|UNSUPPORTED)|WEIGHTS_INVALID)$/);
});

test.each(['/dev/null', '/dev/zero', '/etc/passwd', '/', 'acme/missing'])(
  'a path is refused: %s',
  async (path) => {
    expect((await refusalOf(path)).code).toBe('SOURCE_NOT_FOUND');
  },
);

test('a path that is too long for the disk is refused in a line that is not as long', async () => {
  expect((await refusalOf('x'.repeat(5000))).code).toBe('STORAGE_FAILED');
});

describe('texts of goldens', () => {
  test.each([
    ['of 2 MB a line', () => `${'a '.repeat(1e6)}\n`.repeat(33)],
    ['200,000 of them', () => 'text\n'.repeat(2e5)],
    ['that are no text', () => '\u0000'.repeat(1e6)],
  ])('are refused: %s', async (_, content) => {
    const texts = join(root, 'texts.txt');
    writeFileSync(texts, content());
    expect((await refusalOf(original, { texts })).code).toBe('TEXTS_INVALID');
  });
});
