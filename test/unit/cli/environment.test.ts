import { readConfig } from '@pilotlight/app/internal/settings/config';
import { expect, test } from 'vitest';
import { COMMAND_SETTINGS } from '../../../cli/src/kit/environment.ts';

test('variables of the command line are no typing mistakes where it serves, and others are', () => {
  const own = Object.fromEntries(COMMAND_SETTINGS.map((name) => [name, '1']));
  expect(readConfig(own, COMMAND_SETTINGS).PILOTLIGHT_VERIFY).toBeUndefined();
  expect(() => readConfig({ ...own, PILOTLIGHT_CASHE: '1' }, COMMAND_SETTINGS)).toThrow(
    'PILOTLIGHT_CASHE: is not known. Did you mean PILOTLIGHT_CACHE?',
  );
});
