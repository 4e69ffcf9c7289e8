/** A small model of random weights, run by the engine in a thread, behind the HTTP app on a port. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Generator } from '@pilotlight/engine/internal/runtimes/generation/generator';
import type { Decoder } from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-port';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/app/src/app.ts';
import { Drain } from '../../functions/app/src/serve/drain.ts';
import { createHttpServer } from '../../functions/app/src/serve/node-server.ts';
import type { ServingEngine } from '../../functions/app/src/serve/ports.ts';
import { cases, LONG } from '../scale.ts';
import { END, letterText } from '../support/generation/letter-text.ts';
import { openDecoder, openGenerator } from '../support/generation/open-generator.ts';
import { smallLlama } from '../support/generation/small-llama.ts';
import { quiet } from './http-service.ts';

const MAX_POSITIONS = 128;
/** A text that goes on until it is stopped. */
const ENDLESS = { max_new_tokens: 120, min_new_tokens: 120, do_sample: true };
const CLIENTS = cases({ short: 24, long: 64 });

let model: Generator;
let decoder: Decoder;
beforeAll(async () => {
  const built = smallLlama({ maxPositions: MAX_POSITIONS });
  decoder = await openDecoder(built, { where: 'worker', slots: 8 });
  const generation = { eos: [END], defaults: { max_new_tokens: 10 } };
  model = openGenerator(built, decoder, await letterText(built.decoder.vocabSize), { generation });
});
afterAll(() => model.dispose());

/** The part of an engine that the app uses, with one model. */
function engineOf(generator: Generator): ServingEngine {
  const { name, version } = generator.manifest;
  return {
    models: async () => [{ name, version, manifest: generator.manifest }],
    loaded: () => [generator],
    model: async () => generator,
    predictor: () => Promise.reject(new Error('There is none.')),
    prepare: (_, ...call) => generator.prepare(...call),
  };
}

interface Served {
  readonly server: Server;
  readonly drain: Drain;
  readonly ask: (path: string, body: object, signal?: AbortSignal) => Promise<Response>;
}

async function serve(): Promise<Served> {
  const ending = new AbortController();
  const app = createApp({ engine: engineOf(model), logger: quiet, ending: ending.signal });
  const server = createHttpServer(app);
  const drain = new Drain(server, ending);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${listeningPort(server)}`;
  const ask = (path: string, body: object, signal?: AbortSignal) =>
    fetch(url + path, { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) });
  return { server, drain, ask };
}

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => {
  served.server.close();
  served.server.closeAllConnections();
});

async function answer(path: string, body: object) {
  const response = await served.ask(path, body);
  const value: unknown = await response.json();
  expect(response.status, JSON.stringify(value)).toBe(200);
  return value;
}

/** An event of TGI or a chunk of OpenAI. */
interface Told {
  readonly token?: { readonly text: string; readonly special: boolean };
  readonly generated_text?: string | null;
  readonly details?: { readonly generated_tokens: number } | null;
  readonly choices?: readonly { readonly text: string; readonly finish_reason: string | null }[];
}

/** The data of all events of a stream, but for the last line of OpenAI's. */
async function events(response: Response): Promise<readonly Told[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .map((line) => line.replace(/^data: ?/, ''))
    .filter((data) => data !== '' && data !== '[DONE]')
    .map((data) => JSON.parse(data));
}

describe('a model that is served', () => {
  it.each([
    ['greedily', { max_new_tokens: 20 }],
    ['by samples', { max_new_tokens: 20, do_sample: true, seed: 7, temperature: 0.8, top_p: 0.9 }],
    ['by beams', { max_new_tokens: 20, num_beams: 4 }],
    ['to a stop string', { max_new_tokens: 100, do_sample: true, seed: 3, stop: ['a', 'b', 'c', 'd'] }],
  ])('gives %s the same text as a stream and as one body', async (_, parameters) => {
    const body = { inputs: 'HELLO', parameters: { ...parameters, return_full_text: false } };
    const [whole] = (await answer('/models/llama', body)) as { generated_text: string }[];
    const told = await events(await served.ask('/models/llama', { ...body, stream: true }));
    const { generated_text, details } = told.at(-1) ?? {};
    expect(generated_text).toBe(whole?.generated_text);
    expect(told).toHaveLength(details?.generated_tokens ?? 0);
    const shown = told.map(({ token }) => (token?.special ? '' : token?.text));
    expect(shown.join('')).toBe(generated_text);
  });

  it('gives the same text to all formats', async () => {
    const greedy = { max_tokens: 12, temperature: 0 };
    const [own] = (await answer('/models/llama', {
      inputs: 'HELLO',
      parameters: { max_new_tokens: 12, return_full_text: false },
    })) as { generated_text: string }[];
    const text = own?.generated_text;
    expect(
      await answer('/models/llama/generate', { inputs: 'HELLO', parameters: { max_new_tokens: 12 } }),
    ).toEqual({
      generated_text: text,
    });
    expect(await answer('/v1/completions', { model: 'llama', prompt: 'HELLO', ...greedy })).toMatchObject({
      choices: [{ text }],
      usage: { prompt_tokens: 5, completion_tokens: 12 },
    });
    const stream = await served.ask('/v1/completions', {
      model: 'llama',
      prompt: 'HELLO',
      ...greedy,
      stream: true,
    });
    const pieces = (await events(stream)).flatMap(({ choices = [] }) => choices);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  });

  it('takes the stop string off for OpenAI, in a stream, too', async () => {
    const body = { model: 'llama', prompt: 'HELLO', max_tokens: 100, seed: 3, stop: ['a', 'b', 'c', 'd'] };
    const { choices } = Object(await answer('/v1/completions', body));
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', text: expect.not.stringMatching(/[abcd]/) });
    const stream = await events(await served.ask('/v1/completions', { ...body, stream: true }));
    const pieces = stream.flatMap((chunk) => chunk.choices ?? []);
    expect(pieces.map(({ text }) => text).join('')).toBe(choices[0].text);
    expect(pieces.at(-1)?.finish_reason).toBe('stop');
  });

  it('keeps to a JSON schema', async () => {
    // The model has no braces.
    const schema = { type: 'array', items: { type: 'boolean' }, minItems: 2, maxItems: 2 };
    const response_format = { type: 'json_schema', json_schema: { name: 'any', schema } };
    const body = { model: 'llama', prompt: 'HELLO', max_tokens: 60, seed: 1, response_format };
    const { choices } = Object(await answer('/v1/completions', body));
    expect(choices[0].finish_reason).toBe('stop');
    expect(JSON.parse(choices[0].text)).toEqual([expect.any(Boolean), expect.any(Boolean)]);
  });

  it('tells the log probabilities of the prompt, too, where it echoes', async () => {
    const body = { model: 'llama', prompt: 'HELLO', max_tokens: 2, temperature: 0, echo: true, logprobs: 1 };
    const { choices } = Object(await answer('/v1/completions', body));
    expect(choices[0].text).toMatch(/^HELLO../);
    expect(choices[0].logprobs.tokens.join('')).toBe(choices[0].text);
    expect(choices[0].logprobs.text_offset).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('gives n texts, and the best of several', async () => {
    const body = { model: 'llama', prompt: 'HELLO', max_tokens: 8, seed: 5, logprobs: 2 };
    const two = Object(await answer('/v1/completions', { ...body, n: 2 }));
    expect(two.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
    expect(two.usage.completion_tokens).toBeGreaterThan(8);
    const best = Object(await answer('/v1/completions', { ...body, best_of: 4 }));
    expect(best.choices).toHaveLength(1);
  });

  it.each([
    ['max_tokens', { max_tokens: 0 }],
    ['temperature', { temperature: -1 }],
    ['whatever', { whatever: 1 }],
    ['stop', { stop: [''] }],
    ['logit_bias', { logit_bias: { 5: 1000 } }],
    ['response_format', { response_format: { type: 'json', value: { $ref: 'http://localhost/a' } } }],
  ])('refuses %s in the words of OpenAI', async (param, fields) => {
    const response = await served.ask('/v1/completions', { model: 'llama', prompt: 'a', ...fields });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        error: expect.objectContaining({
          type: 'invalid_request_error',
          param: expect.stringMatching(`^${param}`),
        }),
      },
    ]);
  });

  it('says that it holds no conversations where it has no template', async () => {
    const body = { model: 'llama', messages: [{ role: 'user', content: 'a' }] };
    const response = await served.ask('/v1/chat/completions', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(/template/) } });
  });
});

describe('a client that leaves a stream', () => {
  it('frees the slot of its text', async () => {
    const client = new AbortController();
    const response = await served.ask(
      '/models/llama',
      { inputs: 'AB', parameters: ENDLESS, stream: true },
      client.signal,
    );
    await response.body?.getReader().read();
    await expect.poll(() => decoder.load.running).toBe(1);
    client.abort();
    await expect.poll(() => decoder.load.running).toBe(0);
  });

  it(
    'and others, two thirds of whom stay, lose no slot, and the process stays as it was',
    async () => {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      const until = performance.now() + cases({ short: 0, long: 300_000 });
      const client = async (number: number, round: number): Promise<void> => {
        const abort = new AbortController();
        const body = {
          inputs: 'ABCDEFGH'.slice(number % 8),
          parameters: { ...ENDLESS, max_new_tokens: 40, min_new_tokens: 40, seed: round },
          stream: true,
        };
        const response = await served.ask('/models/llama/generate_stream', body, abort.signal);
        expect(response.status).toBe(200);
        if (number % 3 !== 0) {
          expect((await events(response)).at(-1)).toMatchObject({ details: { finish_reason: 'length' } });
          return;
        }
        const reader = response.body?.getReader();
        for (let piece = 0; piece < number % 7; piece++) await reader?.read();
        abort.abort();
      };
      const round = (number: number) =>
        Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index, number)));
      await round(0);
      const rss = process.memoryUsage.rss();
      delay.enable();
      let rounds = 0;
      do {
        rounds += 1;
        await round(rounds);
      } while (performance.now() < until);
      delay.disable();
      await expect.poll(() => decoder.load.running + decoder.load.waiting).toBe(0);
      if (!LONG) return;
      expect(delay.percentile(99) / 1e6).toBeLessThan(20);
      expect(process.memoryUsage.rss() / rss).toBeLessThan(1.03);
    },
    LONG ? 600_000 : 60_000,
  );
});

describe('a process that is told to end', () => {
  it('lets a stream go on, and ends what is left of it by a reason', async () => {
    const { drain, ask } = await serve();
    const body = { model: 'llama', prompt: 'AB', max_tokens: 100, n: 20, stream: true };
    const response = await ask('/v1/completions', body);
    const closed = drain.close(100);
    const text = await response.text();
    expect(text).toMatch(/"finish_reason":"length"\}\]\}\n\n(?:.*\n\n)*data: \[DONE\]\n\n$/);
    expect(await closed).toBe(true);
    await sleep(0);
    expect(decoder.load.running).toBe(0);
  });
});
