import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ModelCache } from '../../../../model-assets/toolchain/src/sources/remote/cache.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it.each([
  ['half of a listing', '[{"path": "config.json", "byt'],
  ['no listing', '{}'],
  ['a path that leads out of the model', '[{"path": "../../.bashrc", "bytes": 1}]'],
])('%s in the cache is asked for again', (_case, text) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'model/listings'), { recursive: true });
  writeFileSync(join(folder, 'model/listings/main.json'), text);
  expect(new ModelCache(folder, 'model').readListing('main')).toBeUndefined();
});
