/** Generated texts, asked for by the npm clients of Hugging Face, of OpenAI and of Vercel's AI SDK as they are published. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { InferenceClient } from '@huggingface/inference';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../functions/app/src/app.ts';
import { createHttpServer } from '../../functions/app/src/serve/node-server.ts';
import { fakeGenerator, WORDS } from '../unit/functions/fake-generator.ts';
import { quiet } from './http-service.ts';

const TEXT = WORDS.join('');
vi.stubGlobal('AI_SDK_LOG_WARNINGS', false);

let server: Server;
let url: string;
beforeAll(async () => {
  server = createHttpServer(createApp({ engine: fakeGenerator(), logger: quiet })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${listeningPort(server)}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

async function all<T>(pieces: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const piece of pieces) list.push(piece);
  return list;
}

describe('the client of Hugging Face runs', () => {
  const client = (model: string) => new InferenceClient('any', { endpointUrl: `${url}/models/${model}` });
  const messages = [{ role: 'user' as const, content: 'Hello' }];

  it('textGeneration, with every parameter that it has', async () => {
    const output = await client('gpt').textGeneration({
      inputs: 'Say',
      parameters: {
        max_new_tokens: 3,
        do_sample: true,
        temperature: 0.7,
        top_k: 5,
        top_p: 0.9,
        typical_p: 0.95,
        repetition_penalty: 1.2,
        frequency_penalty: 0.1,
        return_full_text: false,
        details: true,
        decoder_input_details: false,
        best_of: 1,
        seed: 1,
        stop: ['four'],
        top_n_tokens: 1,
        truncate: 100,
        watermark: false,
      },
    });
    expect(output.generated_text).toBe(' One two three');
  });

  it('textGenerationStream', async () => {
    const events = await all(
      client('gpt').textGenerationStream({ inputs: 'Say', parameters: { max_new_tokens: 2 } }),
    );
    // The client passes on what the endpoint tells: chunks of OpenAI's completions.
    const texts = events.flatMap((event) =>
      (Object(event).choices as { text: string }[]).map(({ text }) => text),
    );
    expect(texts.join('')).toBe(' One two');
  });

  it('summarization', async () => {
    const output = await client('sums').summarization({
      inputs: 'Say',
      parameters: { generate_parameters: { num_beams: 4, max_new_tokens: 60 } },
    });
    expect(output).toEqual({ summary_text: TEXT });
  });

  it('translation of one text, and of several', async () => {
    const parameters = { src_lang: 'de_DE', tgt_lang: 'en_XX' };
    const one = await client('marian').translation({ inputs: 'Sag', parameters });
    expect(one).toEqual({ translation_text: TEXT });
    const inputs = ['Sag', 'es'] as unknown as string;
    expect(await client('marian').translation({ inputs })).toEqual([
      { translation_text: TEXT },
      { translation_text: TEXT },
    ]);
  });

  it('chatCompletion', async () => {
    const { choices, usage, model } = await client('gpt').chatCompletion({
      messages,
      max_tokens: 2,
      logprobs: true,
      top_logprobs: 1,
      response_format: { type: 'json_schema', json_schema: { name: 'any', schema: {} } },
    });
    expect(choices[0]?.message).toMatchObject({ role: 'assistant', content: ' One two' });
    expect([choices[0]?.finish_reason, model]).toEqual(['length', 'gpt']);
    expect(usage).toEqual({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 });
  });

  it('chatCompletionStream', async () => {
    const chunks = await all(
      client('gpt').chatCompletionStream({
        messages,
        max_tokens: 2,
        stream_options: { include_usage: true },
      }),
    );
    const texts = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? ''));
    expect(texts.join('')).toBe(' One two');
    expect(chunks.at(-1)?.usage).toMatchObject({ total_tokens: 3 });
  });

  it('into the reason of a refusal', async () => {
    const call = client('gpt').chatCompletion({
      messages,
      tools: [{ type: 'function', function: { name: 'any', parameters: {} } }],
    });
    await expect(call).rejects.toMatchObject({
      httpResponse: { status: 400, body: { error: { code: 'INVALID_INPUT', param: 'tools' } } },
    });
  });
});

describe('the client of OpenAI runs', () => {
  const client = () => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });

  it('completions', async () => {
    const { choices, usage } = await client().completions.create({
      model: 'gpt',
      prompt: ['Say', 'it'],
      n: 2,
      max_tokens: 1,
      logprobs: 1,
      user: 'any',
    });
    expect(choices.map(({ index, text }) => [index, text])).toEqual([
      [0, ' One'],
      [1, ' two'],
      [2, ' One'],
      [3, ' two'],
    ]);
    expect(choices[0]?.logprobs?.tokens).toEqual([' One']);
    expect(usage?.completion_tokens).toBe(4);
  });

  it('completions as a stream', async () => {
    const chunks = await all(
      await client().completions.create({ model: 'gpt', prompt: 'Say', stream: true, stop: 'three' }),
    );
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.map(({ text }) => text).join('')).toBe(' One two ');
    expect(choices.at(-1)?.finish_reason).toBe('stop');
  });

  it('chat.completions, and its helper for JSON', async () => {
    const { choices, system_fingerprint } = await client().chat.completions.create({
      model: 'gpt',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      ],
      seed: 1,
      max_completion_tokens: 3,
      store: false,
      response_format: { type: 'json_object' },
    });
    expect(choices[0]?.message.content).toBe(' One two three');
    expect(system_fingerprint).toBe('1.0.0');
  });

  it('chat.completions as a stream that its helper puts together', async () => {
    const stream = client().chat.completions.stream({
      model: 'gpt',
      messages: [{ role: 'user', content: 'Hello' }],
      n: 2,
      stream_options: { include_usage: true },
    });
    const deltas = await all(stream);
    const { choices, usage } = await stream.finalChatCompletion();
    expect(deltas.length).toBeGreaterThan(10);
    expect(choices.map(({ message }) => message.content)).toEqual([TEXT, WORDS.slice(1).join('')]);
    expect(usage?.completion_tokens).toBe(11);
  });

  it('into an error with code and field', async () => {
    const call = client().chat.completions.create({ model: 'gpt', messages: [] });
    await expect(call).rejects.toMatchObject({ status: 400, code: 'INVALID_INPUT', param: 'messages' });
    const none = client().chat.completions.create({
      model: 'none',
      messages: [{ role: 'user', content: 'a' }],
    });
    await expect(none).rejects.toMatchObject({ status: 404, code: 'MODEL_NOT_FOUND', param: 'model' });
  });

  it('under the path of a model, too', async () => {
    const below = new OpenAI({ baseURL: `${url}/models/gpt/v1`, apiKey: 'any', maxRetries: 0 });
    const { model } = await below.completions.create({ model: 'whatever', prompt: 'Say' });
    expect(model).toBe('gpt');
  });
});

describe('the AI SDK runs', () => {
  const provider = () =>
    createOpenAICompatible({ name: 'pilotlight', baseURL: `${url}/v1`, includeUsage: true });

  it('generateText of a chat and of a completion', async () => {
    const model = provider()('gpt');
    const { text, usage, finishReason } = await generateText({ model, prompt: 'Hello', maxOutputTokens: 3 });
    expect([text, usage.outputTokens, finishReason]).toEqual([' One two three', 3, 'length']);
    const completion = await generateText({ model: provider().completionModel('gpt'), prompt: 'Say' });
    expect(completion.text).toBe(TEXT);
  });

  it('streamText', async () => {
    const result = streamText({ model: provider()('gpt'), prompt: 'Hello', stopSequences: ['four'] });
    const pieces = await all(result.textStream);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toBe(' One two three ');
    expect(await result.finishReason).toBe('stop');
    expect((await result.usage).inputTokens).toBe(1);
  });

  it('into the reason of a refusal', async () => {
    const call = generateText({ model: provider()('none'), prompt: 'Hello', maxRetries: 0 });
    await expect(call).rejects.toThrow(/no model named none/);
  });
});
