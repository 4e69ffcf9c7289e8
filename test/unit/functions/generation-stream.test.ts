import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import type { AppOptions, Exchange, PredictionRecord } from '../../../functions/app/src/serve/ports.ts';
import { fakeApp, postJson } from './fake-engine.ts';
import { type FakeGeneratorOptions, fakeGenerator, WORDS } from './fake-generator.ts';

const TEXT = WORDS.join('');

async function stream(
  path: string,
  body: object,
  options: FakeGeneratorOptions = {},
  app: Partial<AppOptions> = {},
) {
  const engine = fakeGenerator(options);
  const response = await fakeApp({ engine, ...app }).request(path, postJson({ ...body, stream: true }));
  return { response, engine };
}

async function eventsOf(
  path: string,
  body: object,
  options?: FakeGeneratorOptions,
): Promise<readonly unknown[]> {
  const { response } = await stream(path, body, options);
  const text = await response.text();
  expect(response.headers.get('content-type'), text).toBe('text/event-stream');
  return text
    .split('\n\n')
    .filter((line) => line !== '')
    .map((line) => {
      const data = line.replace(/^data: ?/, '');
      const value: unknown = data === '[DONE]' ? data : JSON.parse(data);
      return value;
    });
}

describe('a stream of TGI', () => {
  const told = { index: 1, token: { id: 10, text: ' One', logprob: -0.5, special: false } };

  it.each(['/models/gpt', '/models/gpt/generate_stream'])(
    'from %s has an event for each token, and the text in the last',
    async (path) => {
      const parameters = { max_new_tokens: 2, return_full_text: false };
      expect(await eventsOf(path, { inputs: 'Say', parameters })).toEqual([
        { ...told, generated_text: null, details: null },
        {
          index: 2,
          token: { id: 11, text: ' two', logprob: -0.5, special: false },
          generated_text: ' One two',
          details: { finish_reason: 'length', generated_tokens: 2, seed: null, input_length: 1 },
        },
      ]);
    },
  );

  it('has data: before each event, without a space, and says by which model it is', async () => {
    const { response } = await stream('/models/gpt/generate_stream', {
      inputs: 'Say',
      parameters: { max_new_tokens: 1 },
    });
    expect(await response.text()).toMatch(/^data:\{"index":1,.*\}\n\n$/);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-pilotlight-model': 'gpt',
      'x-request-id': expect.any(String),
    });
  });

  it('has the best tokens in the place of each, and the prompt where it is asked for', async () => {
    const parameters = { max_new_tokens: 1, top_n_tokens: 1, return_full_text: true };
    expect(await eventsOf('/models/gpt/generate_stream', { inputs: 'Say', parameters })).toMatchObject([
      { top_tokens: [{ id: 9, text: ' other', logprob: -2, special: false }], generated_text: 'Say One' },
    ]);
  });

  it.each([
    ['inputs', { inputs: ['a', 'b'] }],
    ['parameters.best_of', { parameters: { best_of: 2 } }],
    ['parameters.num_return_sequences', { parameters: { num_return_sequences: 2 } }],
    ['parameters.decoder_input_details', { parameters: { decoder_input_details: true } }],
  ])('is refused with %s, which its events cannot tell', async (field, body) => {
    const { response } = await stream('/models/gpt', { inputs: 'a', ...body });
    expect([response.status, await response.json()]).toEqual([422, expect.objectContaining({ field })]);
  });

  it('is refused of a model that generates nothing', async () => {
    const response = await fakeApp().request('/models/sentiment', postJson({ inputs: 'a', stream: true }));
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({ field: 'stream' }),
    ]);
  });
});

describe('a stream of completions', () => {
  const body = { model: 'gpt', prompt: 'Say' };
  const textOf = (events: readonly unknown[]) =>
    events
      .flatMap((event) => (Object(event).choices ?? []) as { text: string }[])
      .map(({ text }) => text)
      .join('');

  it('has a chunk for each piece, the end of the text, and [DONE]', async () => {
    const events = await eventsOf('/v1/completions', { ...body, max_tokens: 1 });
    const head = { object: 'text_completion', model: 'gpt', id: expect.stringMatching(/^cmpl-/) };
    expect(events).toEqual([
      expect.objectContaining({
        ...head,
        choices: [{ index: 0, text: ' One', logprobs: null, finish_reason: null }],
      }),
      expect.objectContaining({
        ...head,
        choices: [{ index: 0, text: '', logprobs: null, finish_reason: 'length' }],
      }),
      '[DONE]',
    ]);
  });

  it('never has a part of the stop string at which the text ends', async () => {
    expect(textOf(await eventsOf('/v1/completions', { ...body, stop: ['two three', 'e'] }))).toBe(' On');
    expect(textOf(await eventsOf('/v1/completions', { ...body, stop: ['two three'] }))).toBe(' One ');
    expect(textOf(await eventsOf('/v1/completions', { ...body, stop: ['two four'] }))).toBe(TEXT);
  });

  it('has the usage in a chunk of its own where it is asked for', async () => {
    const events = await eventsOf('/v1/completions', {
      ...body,
      max_tokens: 1,
      stream_options: { include_usage: true },
    });
    expect(events.map((event) => Object(event).usage)).toEqual([
      null,
      null,
      { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      undefined,
    ]);
    expect(events.at(-2)).toMatchObject({ choices: [] });
  });

  it('begins with the prompt where it echoes, and counts the places of tokens from there', async () => {
    const events = await eventsOf('/v1/completions', { ...body, echo: true, logprobs: 1, max_tokens: 2 });
    expect(textOf(events)).toBe('Say One two');
    expect(events.map((event) => Object(event).choices?.[0].logprobs?.text_offset)).toEqual([
      undefined,
      [3],
      [7],
      undefined,
      undefined,
    ]);
  });
});

describe('a stream of a chat', () => {
  it('begins each choice with its role, and ends each with its reason', async () => {
    const messages = [{ role: 'user', content: 'Hello' }];
    const events = await eventsOf('/v1/chat/completions', { model: 'gpt', messages, n: 2, max_tokens: 1 });
    const choices = events.flatMap((event) => (Object(event).choices ?? []) as unknown[]);
    const nothing = { logprobs: null, finish_reason: null };
    expect(choices).toEqual(
      [' One', ' two'].flatMap((content, index) => [
        { index, delta: { role: 'assistant', content: '' }, ...nothing },
        { index, delta: { content }, ...nothing },
        { index, delta: {}, ...nothing, finish_reason: 'length' },
      ]),
    );
    expect(events.at(-1)).toBe('[DONE]');
  });
});

describe('a stream that fails', () => {
  const failing = (at: number): FakeGeneratorOptions => ({
    before: (index) => {
      if (index === at) throw new EngineError('OVERLOADED', 'Too many wait.');
    },
  });

  it('before its first event is answered with the status of the error', async () => {
    const { response, engine } = await stream('/models/gpt/generate_stream', { inputs: 'a' }, failing(0));
    expect([response.status, await response.json(), engine.running]).toEqual([
      429,
      expect.objectContaining({ error_type: 'overloaded' }),
      0,
    ]);
  });

  it.each([
    ['/models/gpt/generate_stream', { inputs: 'a' }, { error_type: 'overloaded', code: 'OVERLOADED' }],
    ['/models/gpt', { inputs: 'a' }, { code: 'OVERLOADED' }],
    [
      '/v1/completions',
      { model: 'gpt', prompt: 'a' },
      { error: { type: 'rate_limit_error', code: 'OVERLOADED' } },
    ],
  ])('later, on %s, ends with an event in the words of the format', async (path, body, expected) => {
    const events = await eventsOf(path, body, failing(2));
    expect(events).toHaveLength(3);
    expect(events.at(-1)).toMatchObject(expected);
  });
});

describe('telemetry of a stream', () => {
  it('is told at its end, of tokens, ends and pace', async () => {
    const records: PredictionRecord[] = [];
    const exchanges: Exchange[] = [];
    const telemetry = [
      {
        answered: (exchange: Exchange) => exchanges.push(exchange),
        predicted: (record: PredictionRecord) => records.push(record),
      },
    ];
    const { response } = await stream('/models/gpt', { inputs: 'Say it' }, {}, { telemetry });
    expect(exchanges).toEqual([]);
    await response.text();
    await sleep(0);
    expect(exchanges).toMatchObject([
      { route: 'predict', predicts: true, model: 'gpt', status: 200, code: '' },
    ]);
    expect(records).toMatchObject([
      {
        model: 'gpt',
        inputs: 1,
        tokens: { total: 8 },
        generation: {
          promptTokens: 2,
          newTokens: 6,
          finishReasons: ['eos_token'],
          pace: [{ firstTokenMs: 6.25, tokenMs: 10 }],
          prefixes: { hits: 0, tokens: 0 },
        },
      },
    ]);
  });

  it('counts an error after the first event as one of its status', async () => {
    const exchanges: Exchange[] = [];
    const before = (index: number) => {
      if (index === 1) throw new EngineError('SESSION_FAILED', 'The thread is gone.');
    };
    const telemetry = [{ answered: (exchange: Exchange) => exchanges.push(exchange) }];
    await (await stream('/models/gpt', { inputs: 'a' }, { before }, { telemetry })).response.text();
    await sleep(0);
    expect(exchanges).toMatchObject([{ status: 500, code: 'SESSION_FAILED' }]);
  });
});

describe('a stream that is left', () => {
  it('ends its text at the next token, tells what was generated, and frees its slot', async () => {
    const records: PredictionRecord[] = [];
    const gate = Promise.withResolvers<void>();
    const before = (index: number) => (index === 2 ? gate.promise : undefined);
    const telemetry = [{ answered: () => {}, predicted: (record: PredictionRecord) => records.push(record) }];
    const engine = fakeGenerator({ before });
    const app = fakeApp({ engine, telemetry, limits: { maxConcurrentRequests: 1 } });
    const body = postJson({ inputs: 'Say', stream: true });
    const response = await app.request('/models/gpt', body);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    expect((await app.request('/models/gpt', postJson({ inputs: 'a' }))).status).toBe(429);
    const left = reader?.cancel();
    gate.resolve();
    await left;
    await sleep(0);
    expect(engine.running).toBe(0);
    expect(records).toMatchObject([{ generation: { newTokens: 2, finishReasons: ['cancelled'] } }]);
    expect((await app.request('/models/gpt', postJson({ inputs: 'a' }))).status).toBe(200);
  });

  it('before anything of it was read frees its slot, too', async () => {
    const exchanges: Exchange[] = [];
    const telemetry = [{ answered: (exchange: Exchange) => exchanges.push(exchange) }];
    const engine = fakeGenerator();
    const app = fakeApp({ engine, telemetry, limits: { maxConcurrentRequests: 1 } });
    const response = await app.request('/models/gpt', postJson({ inputs: 'Say', stream: true }));
    await response.body?.cancel();
    await sleep(0);
    expect(engine.running).toBe(0);
    expect(exchanges).toMatchObject([{ status: 200 }]);
    expect((await app.request('/models/gpt', postJson({ inputs: 'a' }))).status).toBe(200);
  });

  it('by its process, which is about to end, ends with a reason and an end', async () => {
    const ending = new AbortController();
    const before = (index: number) => {
      if (index === 2) ending.abort();
    };
    const { response } = await stream(
      '/v1/completions',
      { model: 'gpt', prompt: 'a' },
      { before },
      { ending: ending.signal },
    );
    const text = await response.text();
    expect(text).toContain('"text":" two"');
    expect(text).not.toContain('"text":" three"');
    expect(text).toMatch(/"finish_reason":"length"\}\]\}\n\ndata: \[DONE\]\n\n$/);
  });

  it('waits for whoever reads it: no token is asked for before the one before it was taken', async () => {
    const asked: number[] = [];
    const before = (index: number) => asked.push(index);
    const { response } = await stream('/models/gpt', { inputs: 'a' }, { before });
    await sleep(5);
    expect(asked).toEqual([0]);
    const reader = response.body?.getReader();
    await reader?.read();
    await sleep(5);
    expect(asked).toEqual([0]);
    await reader?.read();
    expect(asked).toEqual([0, 1]);
    await reader?.cancel();
  });
});

it('a job of a request for a stream has the whole answer at once', async () => {
  const engine = fakeGenerator();
  const request = new Request('http://localhost/models/marian', postJson({ inputs: 'a', stream: true }));
  const response = await fakeApp({ engine }).fetch(request, { background: true });
  expect(await response.json()).toEqual([{ translation_text: TEXT }]);
});
