import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Generation, GenerationEvent } from '../../../../layers/engine/src/index.ts';
import type { Generator } from '../../../../layers/engine/src/runtimes/generation/generator.ts';
import type { Decoder } from '../../../../layers/engine/src/runtimes/generation/loop/decoder-port.ts';
import { END, letterText } from '../../../support/generation/letter-text.ts';
import { type OpenSettings, openDecoder, openGenerator } from '../../../support/generation/open-generator.ts';
import { smallLlama } from '../../../support/generation/small-llama.ts';

const MAX_POSITIONS = 128;
const built = smallLlama({ maxPositions: MAX_POSITIONS });
const opened: Generator[] = [];

interface Opened {
  readonly model: Generator;
  readonly decoder: Decoder;
}

async function open(
  settings: OpenSettings & Pick<Parameters<typeof openGenerator>[3], 'maxQueuedRequests' | 'speed'> = {},
): Promise<Opened> {
  const { maxQueuedRequests, speed, ...loop } = settings;
  const decoder = await openDecoder(built, loop);
  const text = await letterText(built.decoder.vocabSize);
  const generation = { eos: [END], defaults: { max_new_tokens: 10 } };
  const model = openGenerator(built, decoder, text, {
    generation,
    ...(maxQueuedRequests !== undefined && { maxQueuedRequests }),
    ...(speed && { speed }),
  });
  opened.push(model);
  return { model, decoder };
}

let shared: Opened;
beforeAll(async () => {
  shared = await open();
});
afterAll(() => Promise.all(opened.map((model) => model.dispose())));

async function generate(model: Generator, inputs: unknown, parameters = {}): Promise<readonly Generation[]> {
  const { results } = await model.predict(inputs, parameters);
  return results as readonly Generation[];
}

async function collect(events: AsyncIterable<GenerationEvent> | undefined): Promise<GenerationEvent[]> {
  const all: GenerationEvent[] = [];
  for await (const event of events ?? []) all.push(event);
  return all;
}

/** A call that goes on until it is stopped. */
const ENDLESS = { max_new_tokens: 120, eos_token_id: 89, min_new_tokens: 120 };

describe('a generator', () => {
  it('gives the text, its tokens with log probabilities, and why it ended', async () => {
    const [generation] = await generate(shared.model, 'HELLO', { max_new_tokens: 6, top_n_tokens: 2 });
    const [sequence] = generation?.sequences ?? [];
    expect(generation?.promptTokens).toBe(5);
    expect(sequence?.tokens.map(({ text }) => text).join('')).toBe(sequence?.text);
    expect(sequence).toMatchObject({ finishReason: 'length', tokens: { length: 6 } });
    expect(sequence?.text).toHaveLength(6);
    for (const { logprob, top, id, special } of sequence?.tokens ?? []) {
      expect(logprob).toBeLessThan(0);
      expect(special).toBe(false);
      expect(top?.map((token) => token.id)[0]).toBe(id);
      expect(top).toHaveLength(2);
    }
    const sum = sequence?.tokens.reduce((total, { logprob }) => total + logprob, 0);
    expect(sequence?.score).toBeCloseTo(sum ?? 0, 4);
  });

  it('gives the results of many inputs in order, each as alone', async () => {
    const inputs = Array.from({ length: 40 }, (_, index) => 'ABCDEFGHIJKLMNOP'.slice(index % 16));
    const together = await generate(shared.model, inputs);
    for (const [index, input] of inputs.slice(0, 16).entries()) {
      expect(together[index]).toStrictEqual((await generate(shared.model, input))[0]);
    }
    expect(together).toHaveLength(40);
  });

  it('tells how long each input took, and how many tokens it was', async () => {
    const prediction = await shared.model.predict(['AB', 'CDE'], { max_new_tokens: 4 });
    expect(prediction.tokens).toEqual({ total: 13, padded: 0, truncated: 0 });
    expect(prediction.decoding).toMatchObject([{ steps: 4 }, { steps: 4 }]);
    expect(prediction.model).toEqual({ name: 'llama', version: '1.0.0', variant: 'fp32' });
    expect(prediction.timings.inferMs).toBeGreaterThan(0);
  });

  it('reads ids in the place of a text', async () => {
    const ids = [...'HELLO'].map((letter) => (letter.codePointAt(0) ?? 0) - 32);
    expect(await generate(shared.model, { ids })).toStrictEqual(await generate(shared.model, 'HELLO'));
  });

  it('answers other inputs where one is refused', async () => {
    const { outcomes, truncated } = await shared.model.predictEach(['AB', 7, { ids: [9999] }, 'CD']);
    expect(outcomes).toMatchObject([
      { result: { promptTokens: 2 } },
      { error: { code: 'INVALID_INPUT', details: { field: 'inputs[1]', index: 1 } } },
      { error: { code: 'INVALID_INPUT', details: { field: 'inputs[2].ids' } } },
      { result: { promptTokens: 2 } },
    ]);
    expect(truncated).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['an unknown parameter', 'AB', { max_new_tokns: 3 }, 'INVALID_PARAMETER', 'parameters.max_new_tokns'],
    [
      'a language where the model has none',
      'AB',
      { tgt_lang: 'de' },
      'INVALID_PARAMETER',
      'parameters.tgt_lang',
    ],
    ['an input that is no text', 3, {}, 'INVALID_INPUT', 'inputs'],
    ['a text without tokens, of a model without a first token', '', {}, 'INVALID_INPUT', 'inputs'],
    ['a text that is too long', 'A'.repeat(MAX_POSITIONS + 1), {}, 'INPUT_TOO_LONG', 'inputs'],
  ])('refuses %s', async (_title, input, parameters, code, field) => {
    await expect(shared.model.predict(input, parameters)).rejects.toMatchObject({ code, details: { field } });
  });

  it('says that it holds no conversations where it has no template', async () => {
    const messages = [{ role: 'user', content: 'AB' }];
    await expect(shared.model.predict({ messages })).rejects.toMatchObject({ code: 'TASK_UNSUPPORTED' });
  });

  it('cuts a long text from its start where it is asked to, and says how much', async () => {
    const long = `${'A'.repeat(300)}XYZ`;
    const { results, truncated } = await shared.model.predict(long, { truncate: 3 });
    expect(truncated).toEqual([300]);
    expect(results).toStrictEqual(await generate(shared.model, 'XYZ'));
  });

  it('draws the same text by the same seed, and tells the seed that it drew by', async () => {
    const [first] = await generate(shared.model, 'AB', { do_sample: true });
    const seed = first?.seed;
    expect(seed).toBeTypeOf('number');
    expect(await generate(shared.model, 'AB', { do_sample: true, seed })).toStrictEqual([first]);
  });

  it('gives several sequences, best first, where beams were asked for', async () => {
    const [generation] = await generate(shared.model, 'AB', { num_beams: 4, num_return_sequences: 3 });
    const scores = generation?.sequences.map(({ score }) => score) ?? [];
    expect(scores).toHaveLength(3);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('ends at a stop string, which is the end of the text', async () => {
    const [whole] = await generate(shared.model, 'AB', { max_new_tokens: 10 });
    const text = whole?.sequences[0].text ?? '';
    const [cut] = await generate(shared.model, 'AB', {
      max_new_tokens: 10,
      stop_strings: [text.slice(3, 5)],
    });
    expect(cut?.sequences[0].finishReason).toBe('stop_sequence');
    expect(text.startsWith(cut?.sequences[0].text ?? '?')).toBe(true);
    expect(cut?.sequences[0].text.endsWith(text.slice(3, 5))).toBe(true);
  });

  it('keeps to a grammar, and refuses one that cannot be followed before anything runs', async () => {
    const grammar = { kind: 'regex', pattern: '[0-9]{2}-[A-F]{3}' };
    const [generation] = await generate(shared.model, 'AB', { grammar, max_new_tokens: 20 });
    expect(generation?.sequences[0]).toMatchObject({ finishReason: 'eos_token' });
    expect(generation?.sequences[0].text).toMatch(/^[0-9]{2}-[A-F]{3}$/);
    await expect(
      shared.model.predict('AB', { grammar: { kind: 'regex', pattern: '(unclosed' } }),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });

  it('tells how probable the tokens of the prompt are, the first left out', async () => {
    const text = 'THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG. '.replaceAll(' ', '_').repeat(2);
    const [whole] = await generate(shared.model, text, { prompt_logprobs: true, max_new_tokens: 3 });
    expect(whole?.prompt?.map((token) => token.text).join('')).toBe(text);
    expect(whole?.prompt?.[0]?.logprob).toBeNaN();
    for (const place of [1, 2, 40, 63, 64, 65, 89]) {
      // What is generated behind the text so far has the log probabilities of all tokens.
      const [before] = await generate(shared.model, text.slice(0, place), {
        max_new_tokens: 1,
        top_n_tokens: 89,
      });
      const expected = before?.sequences[0].tokens[0]?.top?.find(
        ({ id }) => id === whole?.prompt?.[place]?.id,
      );
      expect(whole?.prompt?.[place]?.logprob, `token ${place}`).toBeCloseTo(expected?.logprob ?? 0, 4);
    }
    const [without] = await generate(shared.model, text, { max_new_tokens: 3 });
    expect(whole?.sequences[0].text).toBe(without?.sequences[0].text);
    expect(without).not.toHaveProperty('prompt');
  });

  it('ends after its time, with what it has', async () => {
    const [generation] = await generate(shared.model, 'AB', { ...ENDLESS, max_time: 0.005 });
    expect(generation?.sequences[0].finishReason).toBe('deadline');
  });

  it('refuses another task by name', async () => {
    await expect(shared.model.predict('AB', {}, { task: 'fill-mask' })).rejects.toMatchObject({
      code: 'TASK_UNSUPPORTED',
    });
  });
});

describe('limits of a call', () => {
  it('count the tokens of its inputs', async () => {
    const limits = { maxInputTokens: 4, maxCallTokens: 6 };
    await expect(shared.model.prepare('ABCDE', {}, { limits })).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
    });
    await expect(shared.model.prepare(['ABCD', 'ABC'], {}, { limits })).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
    });
  });

  it('count the time that it may take, by what tokens took when the model was packaged', async () => {
    const { model } = await open({ speed: { promptMsPerToken: 2, stepMs: 10 } });
    const { tokens, estimatedMs } = await model.prepare('ABCD', { max_new_tokens: 50 });
    expect({ tokens, estimatedMs }).toEqual({ tokens: 54, estimatedMs: 508 });
    const two = await model.prepare(['ABCD', 'ABCD'], { max_new_tokens: 50 });
    expect(two.estimatedMs).toBe(616);
    await expect(
      model.prepare('ABCD', { max_new_tokens: 50 }, { limits: { maxInferMs: 500 } }),
    ).rejects.toMatchObject({ code: 'TOO_MUCH_WORK', details: { estimatedMs: 508, maxInferMs: 500 } });
  });

  it('bound the calls that are under way', async () => {
    const { model } = await open({ maxQueuedRequests: 2 });
    const calls = [model.predict('AB', ENDLESS), model.predict('AB', ENDLESS)];
    await expect(model.predict('AB')).rejects.toMatchObject({ code: 'OVERLOADED' });
    await Promise.all(calls);
    await expect(model.predict('AB')).resolves.toBeDefined();
  });
});

describe('a call that is left', () => {
  it('throws the reason of its signal, and its slot is free', async () => {
    const { model, decoder } = await open();
    const controller = new AbortController();
    const call = model.predict(['AB', 'CD'], ENDLESS, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('the client is gone')), 10);
    await expect(call).rejects.toThrow('the client is gone');
    expect(decoder.load).toMatchObject({ running: 0, waiting: 0 });
  });

  it('tells of the first input that fails, and the others end', async () => {
    const { model, decoder } = await open({ cacheBytes: 40_000 });
    await expect(model.predict(['AB', 'A'.repeat(100)], ENDLESS)).rejects.toMatchObject({
      code: 'TOO_MUCH_WORK',
    });
    await expect.poll(() => decoder.load.running).toBe(0);
  });
});

describe('a stream', () => {
  it('gives the text piece by piece, and then all of it', async () => {
    const call = await shared.model.prepare('HELLO', { max_new_tokens: 6 });
    const events = await collect(call.stream?.());
    const tokens = events.filter((event) => event.kind === 'token');
    const end = events.at(-1);
    expect(tokens).toHaveLength(6);
    expect(tokens.map(({ finish }) => finish)).toEqual([...new Array(5).fill(undefined), 'length']);
    const [generation] = await generate(shared.model, 'HELLO', { max_new_tokens: 6 });
    expect(end).toMatchObject({ kind: 'end', generation, prediction: { tokens: { total: 11 } } });
    expect(tokens.map(({ text }) => text).join('')).toBe(generation?.sequences[0].text);
  });

  it('tells of each sample by its number', async () => {
    const call = await shared.model.prepare('AB', { do_sample: true, num_return_sequences: 3, seed: 4 });
    const events = await collect(call.stream?.());
    const end = events.at(-1);
    const texts = ['', '', ''];
    for (const event of events) if (event.kind === 'token') texts[event.sequence] += event.text;
    expect(end?.kind === 'end' && end.generation.sequences.map(({ text }) => text)).toEqual(texts);
  });

  it('ends with what it has once its signal is aborted', async () => {
    const controller = new AbortController();
    const call = await shared.model.prepare('AB', ENDLESS);
    const kinds: unknown[] = [];
    for await (const event of call.stream?.({ signal: controller.signal }) ?? []) {
      kinds.push(event.kind === 'end' ? event.generation.sequences[0].finishReason : event.kind);
      if (kinds.length === 4) controller.abort();
    }
    expect(kinds.at(-1)).toBe('cancelled');
    expect(kinds.length).toBeLessThan(10);
  });

  it('that is left frees its slot', async () => {
    const { model, decoder } = await open();
    const call = await model.prepare('AB', ENDLESS);
    for await (const event of call.stream?.() ?? []) if (event.kind === 'token') break;
    expect(decoder.load).toMatchObject({ running: 0, waiting: 0 });
  });

  it('is there for one input alone', async () => {
    expect((await shared.model.prepare(['AB', 'CD'])).stream).toBeUndefined();
    expect((await shared.model.prepare(['AB'])).stream).toBeDefined();
  });

  it('of which there are 64, a third of them left midway, loses no slot and no memory', async () => {
    const { model, decoder } = await open({ slots: 8 });
    const bytes: number[] = [];
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        Array.from({ length: 64 }, async (_, client) => {
          const call = await model.prepare('ABCDEFGH'.slice(client % 8), { max_new_tokens: 12 });
          let seen = 0;
          for await (const event of call.stream?.() ?? []) {
            if (event.kind === 'token' && client % 3 === 0 && ++seen === 3) break;
          }
        }),
      );
      expect(decoder.load).toMatchObject({ running: 0, waiting: 0 });
      bytes.push(decoder.load.cacheBytes);
    }
    expect(bytes[2]).toBe(bytes[1]);
  });
});

describe('a generator that is disposed of', () => {
  it('lets calls end, refuses later ones, and is of no use any more', async () => {
    const { model } = await open();
    const call = generate(model, 'AB');
    await Promise.all([call, model.dispose()]);
    expect((await call)[0]?.sequences[0].text).toHaveLength(10);
    expect(model.usable).toBe(false);
    await expect(model.predict('AB')).rejects.toMatchObject({ code: 'PREDICTOR_DISPOSED' });
  });
});
