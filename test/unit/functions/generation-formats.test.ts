import { describe, expect, it } from 'vitest';
import { fakeApp, postJson } from './fake-engine.ts';
import { fakeGenerator, WORDS } from './fake-generator.ts';

const TEXT = WORDS.join('');

async function ask(path: string, body: unknown) {
  const engine = fakeGenerator();
  const response = await fakeApp({ engine }).request(path, postJson(body));
  return { status: response.status, headers: response.headers, body: await response.json(), engine };
}

async function answerOf(path: string, body: unknown): Promise<unknown> {
  const { body: answer, status } = await ask(path, body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer;
}

async function parametersOf(path: string, body: unknown): Promise<unknown> {
  return (await ask(path, body)).engine.calls[0]?.parameters;
}

async function refusalOf(path: string, body: unknown) {
  const { status, body: answer } = await ask(path, body);
  return [status, answer];
}

describe('POST /models/{model} of a model that generates', () => {
  it.each([
    ['text-generation gives the prompt and the text', 'gpt', 'Say', [{ generated_text: `Say${TEXT}` }]],
    [
      'text-generation gives a list for each of many prompts',
      'gpt',
      ['Say'],
      [[{ generated_text: `Say${TEXT}` }]],
    ],
    ['summarization gives a summary', 'sums', 'Say', [{ summary_text: TEXT }]],
    ['translation gives a translation', 'marian', 'Say', [{ translation_text: TEXT }]],
    [
      'translation gives one list for many sources',
      'marian',
      ['a', 'b'],
      [{ translation_text: TEXT }, { translation_text: TEXT }],
    ],
    ['text2text-generation gives a text', 'frames', 'Say', [{ generated_text: TEXT }]],
  ])('%s', async (_, model, inputs, expected) => {
    expect(await answerOf(`/models/${model}`, { inputs })).toEqual(expected);
  });

  it('gives a record for each sequence, and a list for each of many sources that have several', async () => {
    const parameters = { num_return_sequences: 2, num_beams: 2 };
    const two = [{ translation_text: TEXT }, { translation_text: WORDS.slice(1).join('') }];
    expect(await answerOf('/models/marian', { inputs: 'a', parameters })).toEqual(two);
    expect(await answerOf('/models/marian', { inputs: ['a', 'b'], parameters })).toEqual([two, two]);
  });

  it('tells in a header by which seeds tokens were drawn, and nothing where none were', async () => {
    const drawn = { do_sample: true, seed: 7 };
    const { headers } = await ask('/models/gpt', { inputs: ['a', 'b'], parameters: drawn });
    expect(headers.get('x-pilotlight-seed')).toBe('7, 7');
    expect((await ask('/models/gpt', { inputs: 'a' })).headers.get('x-pilotlight-seed')).toBeNull();
  });

  it('leaves the prompt out where return_full_text is false', async () => {
    const parameters = { return_full_text: false };
    expect(await answerOf('/models/gpt', { inputs: 'Say', parameters })).toEqual([{ generated_text: TEXT }]);
  });

  it('takes a list of messages for one conversation, which goes on', async () => {
    const messages = [{ role: 'user', content: 'Hello' }];
    const { body, engine } = await ask('/models/gpt', { inputs: messages });
    expect(engine.calls[0]?.inputs).toEqual({ messages });
    expect(body).toEqual([{ generated_text: [...messages, { role: 'assistant', content: TEXT }] }]);
  });

  it('hands the parameters of generate to the engine as they are, and those of TGI by their names there', async () => {
    const own = { num_beams: 4, length_penalty: 2, forced_eos_token_id: null };
    const generate = { generate_parameters: { no_repeat_ngram_size: 3 } };
    const tgi = { stop: ['.'], grammar: { type: 'json_schema', value: { schema: { type: 'object' } } } };
    expect(
      await parametersOf('/models/sums', { inputs: 'a', parameters: { ...own, ...generate, ...tgi } }),
    ).toEqual({
      ...own,
      no_repeat_ngram_size: 3,
      stop_strings: ['.'],
      grammar: { kind: 'json_schema', schema: { type: 'object' } },
    });
  });

  it('draws by a temperature where the task is that of TGI, and as generate does elsewhere', async () => {
    const body = { inputs: 'a', parameters: { temperature: 0.5 } };
    expect(await parametersOf('/models/gpt', body)).toEqual({ temperature: 0.5, do_sample: true });
    expect(await parametersOf('/models/marian', body)).toEqual({ temperature: 0.5 });
    const greedy = { inputs: 'a', parameters: { temperature: 0.5, do_sample: false } };
    expect(await parametersOf('/models/gpt', greedy)).toEqual({ temperature: 0.5, do_sample: false });
  });

  it('answers a pipeline of a task that its architecture can do, and names those where it cannot', async () => {
    expect(await answerOf('/pipeline/summarization/frames', { inputs: 'a' })).toEqual([
      { summary_text: TEXT },
    ]);
    expect(await refusalOf('/pipeline/summarization/gpt', { inputs: 'a' })).toEqual([
      422,
      expect.objectContaining({ code: 'TASK_UNSUPPORTED', tasks: ['text-generation'] }),
    ]);
  });

  it.each([
    ['watermark', true],
    ['adapter_id', 'mine'],
    ['return_text', false],
    ['best_of', 0],
    ['stop', [1]],
  ])('refuses the parameter %s by its name', async (name, value) => {
    expect(await refusalOf('/models/gpt', { inputs: 'a', parameters: { [name]: value } })).toEqual([
      422,
      expect.objectContaining({ field: expect.stringMatching(`^parameters.${name}`) }),
    ]);
  });
});

describe('POST /generate of TGI', () => {
  const token = (id: number, text: string, logprob = -0.5) => ({ id, text, logprob, special: false });

  it('gives the text, and its tokens with details', async () => {
    const parameters = {
      max_new_tokens: 2,
      details: true,
      decoder_input_details: true,
      do_sample: true,
      seed: 7,
    };
    const { body, headers } = await ask('/models/gpt/generate', { inputs: 'Say it', parameters });
    expect(body).toEqual({
      generated_text: ' One two',
      details: {
        finish_reason: 'length',
        generated_tokens: 2,
        seed: 7,
        prefill: [
          { id: 0, text: 'Say', logprob: null },
          { id: 1, text: ' it', logprob: -1 },
        ],
        tokens: [token(10, ' One'), token(11, ' two')],
      },
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-prompt-tokens': '2',
      'x-generated-tokens': '2',
      'x-time-per-token': '10',
      'x-compute-characters': '6',
    });
  });

  it('gives the best of several by the mean of their log probabilities, and the others beside it', async () => {
    const parameters = { best_of: 2, do_sample: true, max_new_tokens: 1, details: true };
    const { body, engine } = await ask('/generate?', { inputs: 'Say', parameters });
    expect(engine.calls[0]).toBeUndefined();
    expect(body).toMatchObject({ error_type: 'validation', code: 'MODEL_NOT_FOUND' });
    expect(await answerOf('/models/gpt/generate', { inputs: 'Say', parameters })).toMatchObject({
      generated_text: ' two',
      details: { tokens: [token(11, ' two', -0.25)], best_of_sequences: [{ generated_text: ' One' }] },
    });
  });

  it('takes null for what is not given, as clients write it', async () => {
    const parameters = { temperature: null, seed: null, stop: null, truncate: null, max_new_tokens: 3 };
    expect(await parametersOf('/models/gpt/generate', { inputs: 'a', parameters })).toEqual({
      max_new_tokens: 3,
    });
  });

  it('refuses in the words of TGI a model that generates nothing', async () => {
    const response = await fakeApp().request('/models/sentiment/generate', postJson({ inputs: 'a' }));
    expect([response.status, await response.json()]).toEqual([
      424,
      expect.objectContaining({ error_type: 'validation', code: 'TASK_UNSUPPORTED' }),
    ]);
  });
});

describe('POST /v1/completions', () => {
  const path = '/v1/completions';

  it('gives choices, usage and the model', async () => {
    const { body, engine } = await ask(path, { model: 'gpt', prompt: ['Say', 'it now'] });
    expect(body).toEqual({
      id: expect.stringMatching(/^cmpl-/),
      object: 'text_completion',
      created: expect.any(Number),
      model: 'gpt',
      system_fingerprint: '1.0.0',
      choices: [0, 1].map((index) => ({ index, text: TEXT, logprobs: null, finish_reason: 'stop' })),
      usage: { prompt_tokens: 3, completion_tokens: 12, total_tokens: 15 },
    });
    expect(engine.calls[0]?.parameters).toEqual({ max_new_tokens: 16, do_sample: true, top_k: 0 });
  });

  it('calls the parameters of OpenAI as generate does, and takes those of generate beside them', async () => {
    const openAi = { max_tokens: 5, n: 2, stop: '.', temperature: 0.5, top_p: 0.9, seed: 1, logprobs: 3 };
    const others = {
      logit_bias: { 5: -100 },
      presence_penalty: 1,
      frequency_penalty: 0.5,
      top_k: 4,
      user: 'me',
    };
    expect(await parametersOf(path, { model: 'gpt', prompt: 'a', ...openAi, ...others })).toEqual({
      max_new_tokens: 5,
      num_return_sequences: 2,
      stop_strings: ['.'],
      do_sample: true,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      seed: 1,
      top_n_tokens: 3,
      logit_bias: { 5: -100 },
      presence_penalty: 1,
      frequency_penalty: 0.5,
    });
  });

  it('draws from all tokens, unless the call or the model says top_k', async () => {
    const drawn = { max_new_tokens: 16, do_sample: true };
    expect(await parametersOf(path, { model: 'gpt', prompt: 'a' })).toEqual({ ...drawn, top_k: 0 });
    expect(await parametersOf(path, { model: 'gpt', prompt: 'a', top_k: 4 })).toEqual({ ...drawn, top_k: 4 });
    expect(await parametersOf(path, { model: 'choosy', prompt: 'a' })).toEqual(drawn);
  });

  it('takes the best token where the temperature is 0, and where beams search', async () => {
    const greedy = { max_new_tokens: 16, do_sample: false };
    expect(await parametersOf(path, { model: 'gpt', prompt: 'a', temperature: 0, top_p: 0.5 })).toEqual(
      greedy,
    );
    expect(await parametersOf(path, { model: 'gpt', prompt: 'a', num_beams: 4 })).toEqual({
      ...greedy,
      num_beams: 4,
    });
  });

  it('takes the stop string off the end of the text', async () => {
    expect(await answerOf(path, { model: 'gpt', prompt: 'a', stop: ['three', 'ee'] })).toMatchObject({
      choices: [{ text: ' One two ', finish_reason: 'stop' }],
    });
  });

  it('puts the prompt before the text where it echoes, also in its tokens', async () => {
    const asked = { model: 'gpt', prompt: 'Say it', echo: true, logprobs: 1, max_tokens: 1 };
    expect(await answerOf(path, asked)).toMatchObject({
      choices: [
        {
          text: 'Say it One',
          logprobs: {
            tokens: ['Say', ' it', ' One'],
            token_logprobs: [-1, -1, -0.5],
            top_logprobs: [{}, {}, { ' One': -0.5, ' other': -2 }],
            text_offset: [0, 3, 6],
          },
          finish_reason: 'length',
        },
      ],
    });
  });

  it('answers the n best of best_of', async () => {
    expect(await answerOf(path, { model: 'gpt', prompt: 'a', best_of: 2, max_tokens: 1 })).toMatchObject({
      choices: [{ index: 0, text: ' two' }],
      usage: { completion_tokens: 2 },
    });
  });

  it.each([
    ['prompt', { prompt: [1, 2] }],
    ['prompt', { prompt: [] }],
    ['prompt', { prompt: ['a', 'b'], stream: true }],
    ['best_of', { best_of: 1, n: 2 }],
    ['best_of', { best_of: 2, stream: true }],
    ['suffix', { suffix: '.' }],
    ['logprobs', { logprobs: 21 }],
    ['response_format', { response_format: { type: 'xml' } }],
  ])('refuses %s in the words of OpenAI: %o', async (param, fields) => {
    expect(await refusalOf(path, { model: 'gpt', prompt: 'a', ...fields })).toEqual([
      400,
      {
        error: expect.objectContaining({
          type: 'invalid_request_error',
          param: expect.stringMatching(`^${param}`),
        }),
      },
    ]);
  });

  it('answers by the model of the path, whatever the body calls it', async () => {
    const body = { model: 'http://localhost/models/marian', prompt: 'a' };
    expect(await answerOf('/models/marian/v1/completions', body)).toMatchObject({ model: 'marian' });
  });
});

describe('POST /v1/chat/completions', () => {
  const path = '/v1/chat/completions';
  const messages = [{ role: 'user', content: 'Hello' }];

  it('gives a message of the assistant, and usage', async () => {
    const { body, engine } = await ask(path, { model: 'gpt', messages, n: 2 });
    expect(body).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'gpt',
      system_fingerprint: '1.0.0',
      choices: [TEXT, WORDS.slice(1).join('')].map((content, index) => ({
        index,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      })),
      usage: { prompt_tokens: 1, completion_tokens: 11, total_tokens: 12 },
    });
    expect(engine.calls[0]).toEqual({
      model: 'gpt',
      inputs: { messages },
      parameters: { max_new_tokens: 1024, do_sample: true, top_k: 0, num_return_sequences: 2 },
    });
  });

  it('joins the parts of a message, and calls a developer a system', async () => {
    const parts = [
      { type: 'text', text: 'Say ' },
      { type: 'text', text: 'it' },
    ];
    const { engine } = await ask(path, { model: 'gpt', messages: [{ role: 'developer', content: parts }] });
    expect(engine.calls[0]?.inputs).toEqual({ messages: [{ role: 'system', content: 'Say it' }] });
  });

  it('gives log probabilities with the bytes of each token', async () => {
    const asked = { model: 'gpt', messages, logprobs: true, top_logprobs: 1, max_completion_tokens: 1 };
    expect(await answerOf(path, asked)).toMatchObject({
      choices: [
        {
          logprobs: {
            content: [
              {
                token: ' One',
                logprob: -0.5,
                bytes: [32, 79, 110, 101],
                top_logprobs: [{ token: ' other', logprob: -2 }],
              },
            ],
          },
        },
      ],
    });
  });

  it.each([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, { kind: 'json_schema', schema: { type: 'object' } }],
    [
      { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'array' } } },
      { kind: 'json_schema', schema: { type: 'array' } },
    ],
    [
      { type: 'regex', value: 'a+' },
      { kind: 'regex', pattern: 'a+' },
    ],
  ])('hands the response format %o to the engine as a grammar', async (response_format, grammar) => {
    expect(await parametersOf(path, { model: 'gpt', messages, response_format })).toEqual({
      max_new_tokens: 1024,
      do_sample: true,
      top_k: 0,
      ...(grammar && { grammar }),
    });
  });

  it.each([
    ['tools', { tools: [{ type: 'function' }] }],
    ['tool_choice', { tool_choice: 'required' }],
    ['functions', { functions: [] }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['messages', { messages: [] }],
    ['messages.0.role', { messages: [{ role: 'tool', content: 'a' }] }],
    ['messages.0.tool_calls', { messages: [{ role: 'assistant', content: 'a', tool_calls: [] }] }],
    ['messages.0.content', { messages: [{ role: 'user' }] }],
    ['messages.0.content.0', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
  ])('refuses %s by its name', async (param, fields) => {
    expect(await refusalOf(path, { model: 'gpt', messages, ...fields })).toEqual([
      400,
      { error: expect.objectContaining({ type: 'invalid_request_error', param }) },
    ]);
  });
});
