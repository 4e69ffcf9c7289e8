import { describe, expect, it } from 'vitest';
import type { ModelPackage, PackageStore, ResolvedRef } from '../../../layers/engine/src/ports.ts';
import { JoinedStore } from '../../../layers/engine/src/store/joined-store.ts';
import { resolveAmong } from '../../../layers/engine/src/store/resolve-among.ts';
import { EngineError } from '../../../model-assets/format/src/errors.ts';
import { parseModelRef } from '../../../model-assets/format/src/ref/model-ref.ts';
import { manifestOf } from './fakes.ts';

/** Packages `name@version`; `path` tells which store one came from. */
function storeOf(from: string, ...refs: readonly string[]): PackageStore {
  const available = refs.map((ref): ResolvedRef => {
    const { name, version = '' } = parseModelRef(ref);
    return { name, version };
  });
  return {
    list: async () => available,
    resolve: async (ref) => resolveAmong(ref, available),
    open: async (ref): Promise<ModelPackage> => ({
      manifest: manifestOf(ref),
      path: (file) => `${from}/${file}`,
      checkSizes: async () => {},
      verify: async () => {},
    }),
  };
}

const joined = new JoinedStore([
  storeOf('layer', 'intent@1.0.0', 'sentiment@1.9.0', 'sentiment@2.0.0-rc.1'),
  storeOf('bucket', 'sentiment@1.10.0', 'sentiment@1.9.0', 'reviews@1.0.0'),
]);

describe('stores joined', () => {
  it.each([
    [{ name: 'sentiment' }, '2.0.0-rc.1', 'layer'],
    [{ name: 'sentiment', version: '1.10.0' }, '1.10.0', 'bucket'],
    [{ name: 'reviews' }, '1.0.0', 'bucket'],
    [{ name: 'intent' }, '1.0.0', 'layer'],
  ])('find %j in the store that has its highest version', async (ref, version, from) => {
    const resolved = await joined.resolve(ref);
    expect(resolved).toEqual({ name: ref.name, version });
    const opened = await joined.open(resolved);
    expect(opened.path('x')).toBe(`${from}/x`);
  });

  it('find the higher of two versions whichever store has it', async () => {
    const stores = [storeOf('a', 'm@1.9.0'), storeOf('b', 'm@1.10.0')];
    for (const order of [stores, stores.toReversed()]) {
      await expect(new JoinedStore(order).resolve({ name: 'm' })).resolves.toMatchObject({
        version: '1.10.0',
      });
    }
  });

  it('give a version that two have from the first', async () => {
    const opened = await joined.open({ name: 'sentiment', version: '1.9.0' });
    expect(opened.path('x')).toBe('layer/x');
  });

  it('list each version once, by name and version', async () => {
    const refs = (await joined.list()).map(({ name, version }) => `${name}@${version}`);
    expect(refs).toEqual([
      'intent@1.0.0',
      'reviews@1.0.0',
      'sentiment@1.9.0',
      'sentiment@1.10.0',
      'sentiment@2.0.0-rc.1',
    ]);
  });

  it.each([
    [{ name: 'nothing' }, 'There is no model named "nothing"; there are: intent, reviews, sentiment.'],
    [{ name: 'reviews', version: '9.0.0' }, 'Model reviews has no version 9.0.0; it has 1.0.0.'],
  ])('do not find %j, and name the models of all', async (ref, message) => {
    await expect(joined.resolve(ref)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message,
      details: { models: ['intent', 'reviews', 'sentiment'] },
    });
  });

  it('do not take the failure of one for a model that is not there', async () => {
    const failing: PackageStore = {
      ...storeOf('broken'),
      resolve: () => Promise.reject(new EngineError('PACKAGE_UNAVAILABLE', 'The disk does not answer.')),
    };
    const both = new JoinedStore([storeOf('layer', 'm@1.0.0'), failing]);
    await expect(both.resolve({ name: 'm' })).rejects.toMatchObject({ code: 'PACKAGE_UNAVAILABLE' });
  });
});
