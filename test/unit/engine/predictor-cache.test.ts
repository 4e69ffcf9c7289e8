import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ModelCache } from '../../../layers/engine/src/load/model-cache.ts';
import type { ModelRef, ResolvedRef } from '../../../layers/engine/src/ports.ts';
import { EngineError } from '../../../model-assets/format/src/errors.ts';
import { manifestOf, predictorOf, SummingSession } from './fakes.ts';

/** Each fake model counts 300 bytes: a tokenizer and two files of 100. */
function cacheOf(budgetBytes = Number.POSITIVE_INFINITY) {
  const loads: string[] = [];
  const sessions = new Map<string, SummingSession>();
  const failures: Error[] = [];
  const load = async ({ name, version }: ResolvedRef) => {
    loads.push(`${name}@${version}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const failure = failures.pop();
    if (failure) throw failure;
    const session = new SummingSession();
    sessions.set(name, session);
    return predictorOf({ session, manifest: manifestOf({ name, version }) });
  };
  const cache = new ModelCache({ load, ownVariant: async () => 'int8', budgetBytes });
  const get = (ref: ModelRef) => cache.get(ref, async () => ({ ...ref, version: ref.version ?? '1.0.0' }));
  return { cache, get, loads, sessions, failures };
}

describe('ModelCache', () => {
  it('loads a model once for 1,000 callers at the same time, with and without its version', async () => {
    const { get, loads } = cacheOf();
    const refs = Array.from({ length: 1000 }, (_, i) =>
      i % 2 ? { name: 'a' } : { name: 'a', version: '1.0.0' },
    );
    const predictors = await Promise.all(refs.map(get));
    expect(new Set(predictors).size).toBe(1);
    expect(loads).toEqual(['a@1.0.0']);
  });

  it('forgets a load that failed, so that the next call succeeds', async () => {
    const { get, loads, failures } = cacheOf();
    failures.push(new EngineError('PACKAGE_CORRUPT', 'once'));
    const both = await Promise.allSettled([get({ name: 'a' }), get({ name: 'a' })]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(get({ name: 'a' })).resolves.toMatchObject({ usable: true });
    expect(loads).toHaveLength(2);
  });

  it('forgets a name that was not found, so that it is looked for again', async () => {
    const { cache } = cacheOf();
    const missing = new EngineError('MODEL_NOT_FOUND', 'no such model');
    await expect(cache.get({ name: 'a' }, () => Promise.reject(missing))).rejects.toBe(missing);
    await expect(
      cache.get({ name: 'a' }, () => Promise.resolve({ name: 'a', version: '1.0.0' })),
    ).resolves.toMatchObject({ usable: true });
  });

  it('disposes of the least recently used past the memory budget', async () => {
    const { cache, get, sessions } = cacheOf(600);
    await get({ name: 'a' });
    await get({ name: 'b' });
    await get({ name: 'a' });
    await get({ name: 'c' });
    expect(cache.loaded().map(({ manifest }) => manifest.name)).toEqual(['a', 'c']);
    await expect.poll(() => sessions.get('b')?.ended).toBe(true);
    expect(sessions.get('a')?.ended).toBe(false);
  });

  it('keeps a single model that is larger than the budget', async () => {
    const { cache, get } = cacheOf(1);
    await get({ name: 'a' });
    expect(cache.loaded()).toHaveLength(1);
  });

  it('lets a prediction under way finish on a model that is evicted', async () => {
    const { get, sessions } = cacheOf(300);
    const predictor = await get({ name: 'a' });
    const session = sessions.get('a');
    const { promise, resolve } = Promise.withResolvers<void>();
    if (session) session.gate = promise;
    const underWay = predictor.predict('a', { top_k: 1 });
    await get({ name: 'b' });
    expect(predictor.usable).toBe(false);
    resolve();
    await expect(underWay).resolves.toMatchObject({ results: [[{ label: 'odd' }]] });
    await expect.poll(() => session?.ended).toBe(true);
  });

  it('loads a model anew whose session died', async () => {
    const { get, sessions, loads } = cacheOf();
    const before = await get({ name: 'a' });
    await sessions.get('a')?.dispose();
    const after = await get({ name: 'a' });
    expect(after).not.toBe(before);
    expect(after.usable).toBe(true);
    expect(loads).toHaveLength(2);
  });

  it('warns of an evicted model that cannot be freed, and loads the next one', async () => {
    const { get, sessions } = cacheOf(300);
    await get({ name: 'a' });
    const session = sessions.get('a');
    if (session) session.dispose = () => Promise.reject(new TypeError('the thread died'));
    const warned = once(process, 'warning');
    await expect(get({ name: 'b' })).resolves.toMatchObject({ usable: true });
    const [warning] = await warned;
    expect(String(warning)).toContain(
      'Model a@1.0.0 was unloaded, but its memory could not be freed: the thread died',
    );
  });

  it('disposes of every model, those still loading included', async () => {
    const { cache, get, sessions } = cacheOf();
    const loading = get({ name: 'a' });
    await Promise.resolve();
    await Promise.resolve();
    await cache.dispose();
    await loading;
    expect(sessions.get('a')?.ended).toBe(true);
  });
});
