import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CATALOG, readCatalog } from '../../../model-assets/toolchain/package/catalog.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

function catalogOf(content: string): string {
  const file = join(folder, 'catalog.json');
  writeFileSync(file, content);
  return file;
}

describe('catalog', () => {
  test('of this repository deploys the three default models', () => {
    expect(Object.keys(readCatalog(DEFAULT_CATALOG).models)).toEqual(['sentiment', 'intent', 'slots']);
  });

  test('that is missing deploys nothing', () => {
    expect(readCatalog(join(folder, 'none.json'))).toEqual({ models: {} });
  });

  test.each([
    ['no JSON', '{', 'it is not JSON'],
    ['an unknown key', '{"models":{"a":{"version":"1.0.0","tier":"lambda","teir":1}}}', 'models.a'],
    ['a version that is none', '{"models":{"a":{"version":"latest","tier":"lambda"}}}', 'models.a.version'],
    [
      'an alias that is the name of another model',
      '{"models":{"a":{"version":"1.0.0","tier":"lambda","aliases":["b"]},"b":{"version":"1.0.0","tier":"gpu"}}}',
      'there twice',
    ],
  ])('is refused with %s', (_title, content, message) => {
    expect(() => readCatalog(catalogOf(content))).toThrow(message);
  });
});
