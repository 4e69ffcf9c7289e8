import { EngineError, parseModelRef } from '@pilotlight/engine';
import { expect, it } from 'vitest';
import { resolveUnmeant } from '../../../../functions/app/src/serve/rollout/unmeant.ts';

const ALIAS = { version: '1.0.0', manifestSha256: 'a'.repeat(64) };
/** A store that has nothing, and a model whose record has `next` as well. */
const ask = (ref: string, aliases = {}) =>
  resolveUnmeant(
    {
      resolveServed: async () => {
        throw new EngineError('MODEL_NOT_FOUND', 'There is no such version.');
      },
    },
    parseModelRef(ref),
    {
      aliases,
      meaning: (name) => (name === 'next' || name === '1.1.0' ? { ...ALIAS, version: '1.1.0' } : undefined),
    },
  );

it.each([
  [
    'a model of which nothing was accepted yet',
    'sentiment',
    {},
    'no version of the registry was accepted yet',
  ],
  ['its prod, by name', 'sentiment@prod', {}, 'no version of the registry was accepted yet'],
  [
    'an alias whose version has not passed',
    'sentiment@next',
    { prod: ALIAS },
    'version 1.1.0 of the registry has not passed',
  ],
  [
    'that version by its number',
    'sentiment@1.1.0',
    { prod: ALIAS },
    'version 1.1.0 of the registry has not passed',
  ],
])('a call may be repeated that asks for %s', async (_, ref, aliases, reason) => {
  await expect(ask(ref, aliases)).rejects.toMatchObject({
    code: 'PACKAGE_UNAVAILABLE',
    message: expect.stringContaining(reason),
  });
});

it.each([
  ['an alias that the record does not have', 'sentiment@old', { prod: ALIAS }],
  ['a version that no alias means', 'sentiment@0.9.0', {}],
  ['a model that has other aliases than prod', 'sentiment', { next: ALIAS }],
])('a call is refused for good that asks for %s', async (_, ref, aliases) => {
  await expect(ask(ref, aliases)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});
