import { describe, expect, it } from 'vitest';
import { Engine } from '../../../layers/engine/src/engine.ts';
import type { LoaderDependencies } from '../../../layers/engine/src/load/dependencies.ts';
import { loadModel } from '../../../layers/engine/src/load/load-model.ts';
import { predictorSettings } from '../../../layers/engine/src/load/options.ts';
import type { ModelPackage, PackageStore } from '../../../layers/engine/src/ports.ts';
import { EngineError } from '../../../model-assets/format/src/errors.ts';
import { CharacterTokenizer, manifestOf, SummingSession } from './fakes.ts';

const ref = { name: 'parity', version: '1.0.0' };

function storeOf(changes: Partial<ModelPackage> = {}): PackageStore {
  const opened: ModelPackage = {
    manifest: manifestOf(),
    path: (file) => `/nowhere/${file}`,
    checkSizes: async () => {},
    verify: async () => {},
    ...changes,
  };
  return { list: async () => [], resolve: async () => ref, open: async () => opened };
}

function partsOf(changes: Partial<LoaderDependencies> = {}): LoaderDependencies {
  const store = storeOf();
  return {
    store,
    createTokenizer: async () => new CharacterTokenizer(),
    createSession: async () => new SummingSession(),
    settings: predictorSettings({ packages: store }),
    ...changes,
  };
}

describe('a load that fails', () => {
  it('frees the tokenizer where the session does not open, and names the model', async () => {
    const tokenizer = new CharacterTokenizer();
    const parts = partsOf({
      createTokenizer: async () => tokenizer,
      createSession: () => Promise.reject(new EngineError('SESSION_FAILED', 'it does not open.')),
    });
    await expect(loadModel(ref, parts)).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      message: 'Model parity@1.0.0 is refused: it does not open.',
      details: { model: 'parity', version: '1.0.0' },
    });
    expect(tokenizer.disposed).toBe(1);
  });

  it('frees tokenizer and session where a file is not the one of the manifest', async () => {
    const [tokenizer, session] = [new CharacterTokenizer(), new SummingSession()];
    const store = storeOf({
      verify: () => Promise.reject(new EngineError('PACKAGE_CORRUPT', 'it differs.')),
    });
    const parts = partsOf({
      store,
      createTokenizer: async () => tokenizer,
      createSession: async () => session,
    });
    await expect(loadModel(ref, parts)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
    expect([tokenizer.disposed, session.ended]).toEqual([1, true]);
  });

  it('frees the session where the tokenizer does not open', async () => {
    const session = new SummingSession();
    const parts = partsOf({
      createTokenizer: () => Promise.reject(new EngineError('PACKAGE_INVALID', 'it is none.')),
      createSession: async () => session,
    });
    await expect(loadModel(ref, parts)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    expect(session.ended).toBe(true);
  });

  it('names the variants that there are where one is asked for that there is not', async () => {
    const store = storeOf();
    const parts = partsOf({ settings: predictorSettings({ packages: store, variant: 'int4' }) });
    await expect(loadModel(ref, parts)).rejects.toMatchObject({
      message:
        'Model parity@1.0.0 has no variant int4; it has int8. Choose one of them, or package the model again.',
      details: { model: 'parity', version: '1.0.0' },
    });
  });
});

describe('a model whose session ends as soon as it is ready', () => {
  class ShortLived extends Engine {
    loads = 0;

    override async model(): ReturnType<Engine['model']> {
      this.loads += 1;
      const model = await loadModel(ref, partsOf());
      await model.dispose();
      return model;
    }
  }

  it('is given up after three loads, instead of being loaded without end', async () => {
    const engine = new ShortLived({ packages: storeOf() });
    await expect(engine.predict('parity', 'a')).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      message: expect.stringContaining('loaded 3 times'),
      details: { model: 'parity' },
    });
    expect(engine.loads).toBe(3);
  });
});
