import { parseRegistryAddress } from '@pilotlight/model-format/internal/registry/address';
import { expect, it } from 'vitest';
import { readConfig } from '../../../../functions/app/src/settings/config.ts';

it.each([
  ['s3://models', { bucket: 'models', prefix: '' }],
  ['s3://models/', { bucket: 'models', prefix: '' }],
  ['s3://acme-models/teams/nlp', { bucket: 'acme-models', prefix: 'teams/nlp/' }],
])('the registry %s has its keys below a prefix', (address, place) => {
  expect(parseRegistryAddress(address)).toEqual(place);
});

it.each([
  'models',
  'https://models',
  's3://',
  's3://Models',
  's3://models//a',
  's3://models/../a',
  's3://models/a/./b',
  's3://models/a b',
])('%s is no address of a registry', (address) => {
  expect(parseRegistryAddress(address)).toBeUndefined();
});

it('models without a registry, and rules that cannot be understood, are refused before anything starts', () => {
  expect(() => readConfig({ PILOTLIGHT_REGISTRY_MODELS: 'sentiment' })).toThrow(
    /PILOTLIGHT_REGISTRY: is missing/,
  );
  expect(() => readConfig({ PILOTLIGHT_REGISTRY: 'models' })).toThrow(
    /PILOTLIGHT_REGISTRY: must be the address/,
  );
  expect(() => readConfig({ PILOTLIGHT_ROUTING: '[{"to":"Sentiment"}]' })).toThrow(
    /PILOTLIGHT_ROUTING: 0\.to must be/,
  );
  expect(() => readConfig({ PILOTLIGHT_ROUTING: '[{"to":"sentiment","variant":"FP32"}]' })).toThrow(
    /PILOTLIGHT_ROUTING: 0\.variant must be the name of a variant/,
  );
});

it('a registry that is named for the command line alone is followed for no model', () => {
  const config = readConfig({ PILOTLIGHT_REGISTRY: 's3://models' });
  expect(config.PILOTLIGHT_REGISTRY_MODELS).toEqual([]);
  expect(config.PILOTLIGHT_REGISTRY_POLL_SECONDS).toBe(30);
});
