import { EngineError } from '@pilotlight/engine';
import type { ArchiveManifest, ArchiveVariant } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { AllenNlpModel } from '../../../../layers/engine/src/runtimes/allennlp/allennlp-model.ts';
import type { ArchiveModel } from '../../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { InputError } from '../../../../layers/engine/src/tasks/refusals.ts';

/** A model that reads `{text}` and answers its length; it remembers how many inputs were read before each batch. */
function tagger() {
  const read: string[] = [];
  const runs: { readonly read: number; readonly size: number }[] = [];
  const model: ArchiveModel = {
    read: async (input, field) => {
      const { text } = input as { text: string };
      if (text === '') throw new InputError('.text', 'must not be empty', Number(/\d+/.exec(field)?.[0]));
      read.push(text);
      return [{ tensors: { tokens: { dims: [1], data: new BigInt64Array(1) } }, metadata: text.length }];
    },
    infer: async (batch) => {
      runs.push({ read: read.length, size: batch.length });
      await new Promise((resolve) => setImmediate(resolve));
      return batch.map(({ metadata }) => metadata);
    },
    answer: (_, __, [length]) => ({ length: Number(length) }),
  };
  const loaded = new AllenNlpModel({
    manifest: { name: 'tagger', version: '1.0.0', task: 'token-classification' } as ArchiveManifest,
    variantName: 'fp32',
    variant: { tokenBudget: 64, files: {} } as unknown as ArchiveVariant,
    model,
    graphs: { run: async () => ({}), ended: false, dispose: async () => {} },
    loadTimings: { verifyMs: 0, tokenizerMs: 0, sessionMs: 0, totalMs: 0, openMs: 0 },
    maxQueuedRequests: 1,
    sharesBatches: false,
    goldens: { check: async () => ({ drift: 0 }) as never },
  });
  return { loaded, runs, read };
}

const texts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ text: 'x'.repeat(1 + (index % 7)) }));

describe('a list that is longer than a window', () => {
  it('is read and run window by window, and answered in order as one call', async () => {
    const { loaded, runs } = tagger();
    const inputs = texts(300);
    const { results, tokens, truncated, batches } = await loaded.predict(inputs);
    expect(results).toEqual(inputs.map(({ text }) => ({ length: text.length })));
    expect({ tokens: tokens.total, truncated: truncated.length }).toEqual({ tokens: 300, truncated: 300 });
    expect(runs.map(({ read }) => read)).toEqual([128, 128, 256, 256, 300]);
    expect(batches).toEqual({ count: 5, size: 64, tokens: 64 });
  });

  it('names an input of a later window by its place in the list', async () => {
    const { loaded } = tagger();
    const inputs = texts(300).map((input, index) => (index === 290 ? { text: '' } : input));
    await expect(loaded.predict(inputs)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs[290].text' },
    });
    const { outcomes } = await loaded.predictEach(inputs);
    expect(outcomes.map((outcome) => 'error' in outcome)).toEqual(inputs.map((_, index) => index === 290));
  });

  it('is one call: it finishes though the model is disposed of meanwhile, and no other call gets in between', async () => {
    const { loaded } = tagger();
    const call = loaded.predict(texts(300));
    await expect(loaded.predict(texts(1))).rejects.toMatchObject({ code: 'OVERLOADED' });
    const disposed = loaded.dispose();
    expect((await call).results).toHaveLength(300);
    await disposed;
    await expect(loaded.predict(texts(1))).rejects.toBeInstanceOf(EngineError);
  });

  it('is read whole before anything runs where the call has limits, which are for all of it', async () => {
    const { loaded, runs, read } = tagger();
    await expect(loaded.predict(texts(300), {}, { limits: { maxCallTokens: 299 } })).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
    });
    expect(runs).toEqual([]);
    await loaded.predictEach(texts(300), {}, { limits: { maxCallTokens: 300 } });
    expect(runs[0]?.read).toBe(read.length);
  });
});
