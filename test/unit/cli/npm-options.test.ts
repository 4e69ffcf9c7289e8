import { afterEach, expect, test, vi } from 'vitest';
import { parseOptions } from '../../../cli/src/kit/options.ts';
import { FETCHING } from '../../../cli/src/models/options.ts';
import { REGISTRY } from '../../../cli/src/models/registry/options.ts';

afterEach(() => vi.unstubAllEnvs());

test('the cache of npm, which it tells every script, is not taken for --cache', () => {
  vi.stubEnv('npm_config_cache', '/home/somebody/.npm');
  expect(parseOptions(['--cache', 'models'], FETCHING).values.cache).toBe('models');
  expect(parseOptions([], FETCHING).values.cache).toBeUndefined();
});

test('the registry that npm installs from is not taken for --registry', () => {
  vi.stubEnv('npm_config_registry', 'https://npm.acme.example/');
  expect(parseOptions([], REGISTRY).values.registry).toBeUndefined();
});

test('a registry of packages that npm kept to itself is told', () => {
  vi.stubEnv('npm_config_registry', 's3://acme-models/registry');
  expect(() => parseOptions([], REGISTRY)).toThrow(
    'npm kept --registry to itself: write "--" before the options.',
  );
});
