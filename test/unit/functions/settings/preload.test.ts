import { expect, it, vi } from 'vitest';
import { type Following, preload } from '../../../../functions/app/src/settings/preload.ts';
import { fakeEngine, silent } from '../fake-engine.ts';

type State = 'loading' | 'ready' | 'failed';

/** A registry that is followed for one model, whose state becomes the one that is given once `finish` is called. */
function follow(name: string, becomes: State): Following & { readonly finish: () => void } {
  const states = new Map<string, State>([[name, 'loading']]);
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = vi.fn(() => promise);
  const finish = () => {
    states.set(name, becomes);
    resolve();
  };
  return { start, states: () => states, finish };
}

it('logs a model that cannot be preloaded by its name, with the reason', async () => {
  const error = vi.fn();
  await preload(fakeEngine(), ['missing'], { ...silent, error }).settled;
  expect(error).toHaveBeenCalledExactlyOnceWith('A model could not be preloaded', {
    model: 'missing',
    error: expect.objectContaining({ code: 'MODEL_NOT_FOUND' }),
  });
});

it('waits for the registry with a model of it, and loads none beside the version that it means', async () => {
  const engine = fakeEngine();
  const registry = follow('sentiment', 'ready');
  const readiness = preload(engine, ['sentiment'], silent, registry);
  await new Promise(setImmediate);
  expect(registry.start).toHaveBeenCalledTimes(1);
  expect(readiness.states()).toEqual(new Map([['sentiment', 'loading']]));
  registry.finish();
  await readiness.settled;
  expect(readiness.states()).toEqual(new Map([['sentiment', 'ready']]));
  expect(engine.loaded()).toEqual([]);
});

it('loads the package of the deployment where the registry has no version of a model', async () => {
  const engine = fakeEngine();
  const registry = follow('sentiment', 'failed');
  const readiness = preload(engine, ['sentiment@1.0.0'], silent, registry);
  await new Promise(setImmediate);
  expect(engine.loaded()).toEqual([]);
  registry.finish();
  await readiness.settled;
  expect(engine.loaded()).toMatchObject([{ manifest: { name: 'sentiment' } }]);
  expect(readiness.states()).toEqual(
    new Map([
      ['sentiment@1.0.0', 'ready'],
      ['sentiment', 'failed'],
    ]),
  );
});

it('has a model that is of no registry wait for none', async () => {
  const engine = fakeEngine();
  const registry = follow('vectors', 'ready');
  const readiness = preload(engine, ['sentiment'], silent, registry);
  await expect.poll(() => readiness.states().get('sentiment')).toBe('ready');
  expect(readiness.states().get('vectors')).toBe('loading');
  let isSettled = false;
  void readiness.settled.then(() => (isSettled = true));
  await new Promise(setImmediate);
  expect(isSettled).toBe(false);
  registry.finish();
  await readiness.settled;
});
