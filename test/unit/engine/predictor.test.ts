import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CharacterTokenizer, manifestOf, predictorOf, SummingSession } from './fakes.ts';

/** Independent of the session: the parity of the sum of the UTF-16 units. */
function parity(text: string): string {
  const sum = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).reduce((a, b) => a + b, 0);
  return sum % 2 === 0 ? 'even' : 'odd';
}

const first = { top_k: 1, function_to_apply: 'none' };

describe('Predictor.predict', () => {
  it('gives one result for each input, in order, however lengths mix in batches', async () => {
    const predictor = predictorOf();
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 60 }), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(texts, async (inputs) => {
        const { results } = await predictor.predict(inputs, first);
        expect(results).toMatchObject(inputs.map((text) => [{ label: parity(text) }]));
      }),
    );
  });

  it('takes one input that is not in a list', async () => {
    const { results } = await predictorOf().predict('a', first);
    expect(results).toEqual([[{ label: 'odd', score: 97 }]]);
  });

  it('never runs more padded tokens than the token budget at once', async () => {
    const session = new SummingSession();
    await predictorOf({ session }).predict(
      Array.from({ length: 8 }, (_, i) => `${i}`.repeat(16)),
      first,
    );
    expect(session.runs).toBe(2);
  });

  it('counts tokens read, padding and what was cut', async () => {
    const { tokens } = await predictorOf().predict(['abcd', 'ab', 'x'.repeat(70)], {
      ...first,
      truncate: true,
    });
    expect(tokens).toEqual({ total: 4 + 2 + 64, padded: 2, truncated: 6 });
  });

  it('refuses an input that is too long, with both numbers, before anything runs', async () => {
    const session = new SummingSession();
    await expect(predictorOf({ session }).predict(['ok', 'x'.repeat(65)])).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      details: { index: 1, tokens: 65, maxTokens: 64 },
    });
    expect(session.runs).toBe(0);
  });

  it.each([
    { inputs: 7, parameters: {}, code: 'INVALID_INPUT', field: 'inputs' },
    { inputs: ['a', null], parameters: {}, code: 'INVALID_INPUT', field: 'inputs[1]' },
    { inputs: 'a', parameters: { top_k: 0 }, code: 'INVALID_PARAMETER', field: 'parameters.top_k' },
    { inputs: 'a', parameters: { topk: 1 }, code: 'INVALID_PARAMETER', field: 'parameters.topk' },
    { inputs: 'a', parameters: [], code: 'INVALID_PARAMETER', field: 'parameters' },
  ])('refuses $inputs with $parameters, naming the field', async ({ inputs, parameters, code, field }) => {
    await expect(predictorOf().predict(inputs, parameters)).rejects.toMatchObject({
      code,
      details: { field },
    });
  });

  it('refuses what is over the limit of requests under way, and takes requests again afterwards', async () => {
    const session = new SummingSession();
    const { promise, resolve } = Promise.withResolvers<void>();
    session.gate = promise;
    const predictor = predictorOf({ session, maxQueuedRequests: 2 });
    const underWay = [predictor.predict('a', first), predictor.predict('b', first)];
    await expect(predictor.predict('c', first)).rejects.toMatchObject({ code: 'OVERLOADED' });
    resolve();
    await Promise.all(underWay);
    await expect(predictor.predict('c', first)).resolves.toMatchObject({ results: [[{ label: 'odd' }]] });
  });

  it('stops between two batches once its signal is aborted', async () => {
    const session = new SummingSession();
    const { promise, resolve } = Promise.withResolvers<void>();
    session.gate = promise;
    const abort = new AbortController();
    const texts = Array.from({ length: 3 }, () => 'x'.repeat(64));
    const prediction = predictorOf({ session }).predict(texts, first, { signal: abort.signal });
    await expect.poll(() => session.runs).toBe(1);
    abort.abort();
    resolve();
    await expect(prediction).rejects.toThrow('aborted');
    expect(session.runs).toBe(1);
  });

  it('refuses a model whose logits are not as many as its labels, instead of guessing', async () => {
    const predictor = predictorOf({ manifest: manifestOf({ labels: ['one', 'two', 'three'] }) });
    await expect(predictor.predict('a')).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  });

  it('says which model answered, in which variant', async () => {
    const { model } = await predictorOf().predict('a', first);
    expect(model).toEqual({ name: 'parity', version: '1.0.0', variant: 'int8' });
  });

  it.each(['fill-mask', 'token-classification'] as const)(
    'refuses the task %s of another model, and names both',
    async (task) => {
      await expect(predictorOf().predict('a', {}, { task })).rejects.toMatchObject({
        code: 'TASK_UNSUPPORTED',
        message: `Model parity is for text-classification; it cannot do ${task}.`,
        details: { model: 'parity', task },
      });
    },
  );

  it('does its own task where that is named', async () => {
    const { results } = await predictorOf().predict('a', first, { task: 'text-classification' });
    expect(results).toEqual([[{ label: 'odd', score: 97 }]]);
  });
});

describe('Predictor.infer', () => {
  it('gives the outputs for each request, and cuts none unless it is told to', async () => {
    const predictor = predictorOf();
    const [one, other] = await predictor.infer([{ text: 'a' }, { text: 'bb' }]);
    expect([one, other].map((window) => [...(window?.outputs.logits?.data ?? [])])).toEqual([
      [-97, 97],
      [196, -196],
    ]);
    const long = [{ text: 'x'.repeat(65) }];
    await expect(predictor.infer(long)).rejects.toMatchObject({ code: 'INPUT_TOO_LONG' });
    await expect(predictor.infer(long, { truncate: true })).resolves.toHaveLength(1);
  });
});

describe('Predictor.run', () => {
  const feeds = {
    input_ids: { dims: [1, 2], data: new BigInt64Array([3n, 4n]) },
    attention_mask: { dims: [1, 2], data: new BigInt64Array([1n, 1n]) },
  };

  it('gives the outputs of the graph for tensors', async () => {
    const { outputs } = await predictorOf().run(feeds);
    expect(outputs.logits).toEqual({ dims: [1, 2], data: new Float32Array([-7, 7]) });
  });

  it('keeps the model loaded until all of the work with its graph has settled', async () => {
    const session = new SummingSession();
    const predictor = predictorOf({ session });
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = predictor.withGraph(async (run) => {
      await run(feeds);
      await promise;
      return (await run(feeds)).outputs.logits?.data[1];
    });
    const disposed = predictor.dispose();
    resolve();
    expect(await work).toBe(7);
    await disposed;
    expect(session.ended).toBe(true);
  });
});

describe('Predictor.hasToken', () => {
  /** Of 1,000 tokens, whose ids have a gap: the last is 1,000. */
  class GappedTokenizer extends CharacterTokenizer {
    override idToToken(id: number): string | undefined {
      return id > 1000 ? undefined : super.idToToken(id);
    }
  }
  const predictor = predictorOf({ tokenizer: new GappedTokenizer() });

  it.each([0, 1, 999, 1000])('has the token %d', (id) => expect(predictor.hasToken(id)).toBe(true));

  it.each([-1, 1001, 1.5, Number.NaN])('has no token %d', (id) => expect(predictor.hasToken(id)).toBe(false));
});

describe('Predictor.dispose', () => {
  it('lets what is under way finish before the session goes, and refuses what comes after', async () => {
    const session = new SummingSession();
    const { promise, resolve } = Promise.withResolvers<void>();
    session.gate = promise;
    const predictor = predictorOf({ session });
    const underWay = predictor.predict('a', first);
    const disposed = predictor.dispose();
    await expect(predictor.predict('b')).rejects.toMatchObject({ code: 'PREDICTOR_DISPOSED' });
    expect(session.ended).toBe(false);
    resolve();
    await expect(underWay).resolves.toMatchObject({ results: [[{ label: 'odd' }]] });
    await disposed;
    expect(session.ended).toBe(true);
  });

  it('frees its tokenizer', async () => {
    const tokenizer = new CharacterTokenizer();
    await predictorOf({ tokenizer }).dispose();
    expect(tokenizer.disposed).toBe(1);
  });
});
