import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { tryTokenizer } from '../../../model-assets/toolchain/src/package/try-tokenizer.ts';
import { tokenizerJson, vocabulary } from '../../fixtures/vocabulary.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const REQUESTS = [{ text: '' }, { text: 'a text', pair: 'and another' }];

function write(changes: object = {}): string {
  const path = join(folder, 'tokenizer.json');
  writeFileSync(path, JSON.stringify({ ...tokenizerJson(vocabulary(1000)), ...changes }));
  return path;
}

/** Each step makes fifty of every `a`, so that four of them make six million. */
const grow = (steps: number) => ({
  normalizer: {
    type: 'Sequence',
    normalizers: Array.from({ length: steps }, () => ({
      type: 'Replace',
      pattern: { String: 'a' },
      content: 'a'.repeat(50),
    })),
  },
});

test('a tokenizer that works passes its trial', async () => {
  await expect(tryTokenizer(write(), REQUESTS)).resolves.toBeUndefined();
});

test('a tokenizer that does not parse is refused with the reason of the library', async () => {
  const trial = tryTokenizer(write({ model: { type: 'WordPiece' } }), REQUESTS);
  await expect(trial).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  await expect(trial).rejects.toThrow(/^The tokenizer cannot be used: .*\w+.*\.$/);
});

test('a tokenizer that ends its process is refused, and this process goes on', async () => {
  vi.stubEnv('NODE_OPTIONS', '--import=data:text/javascript,process.abort()');
  const trial = tryTokenizer(write(), REQUESTS);
  await expect(trial).rejects.toThrow(/it ends the process that runs it \(SIGABRT/);
  vi.unstubAllEnvs();
});

test('a tokenizer that takes too much memory is refused', async () => {
  const trial = tryTokenizer(write(grow(4)), REQUESTS, { memoryLimitBytes: 2 ** 27 });
  await expect(trial).rejects.toThrow(/it takes more than 0.125 GiB of memory/);
});

test('a tokenizer that takes too long is refused', async () => {
  const trial = tryTokenizer(write(grow(4)), Array(1000).fill(REQUESTS).flat(), { timeLimitMs: 1500 });
  await expect(trial).rejects.toThrow(/it takes longer than 1.5 s/);
});
