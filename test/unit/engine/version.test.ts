import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ENGINE_VERSION } from '../../../layers/engine/src/load/version.ts';

it('the version that the engine reports is the one in its package.json', () => {
  expect(JSON.parse(readFileSync('layers/engine/package.json', 'utf8')).version).toBe(ENGINE_VERSION);
});
