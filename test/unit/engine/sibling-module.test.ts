import { expect, test } from 'vitest';
import { siblingModule } from '../../../layers/engine/src/session/sibling-module.ts';

test.each([
  ['in the repository', 'file:///repo/src/session.ts', 'file:///repo/src/worker.ts'],
  ['in an installed package', 'file:///app/dist/session.js', 'file:///app/dist/worker.js'],
  ['in a bundle', 'file:///app/chunk-AB12.mjs', 'file:///app/worker.mjs'],
])('a sibling module has the extension of the module that names it %s', (_where, from, expected) => {
  expect(siblingModule('worker', from).href).toBe(expected);
});
