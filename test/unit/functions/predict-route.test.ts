import { describe, expect, it } from 'vitest';
import { fakeApp, fakeEngine, postJson, preparing } from './fake-engine.ts';

async function predict(model: string, body: unknown) {
  const response = await fakeApp().request(`/models/${model}`, postJson(body));
  return { status: response.status, body: await response.json() };
}

async function parametersFor(model: string, body: unknown): Promise<unknown> {
  const engine = fakeEngine();
  await fakeApp({ engine }).request(`/models/${model}`, postJson(body));
  return engine.calls[0]?.parameters;
}

describe('requests', () => {
  it('may have null for every field but inputs, as clients send what they were not given', async () => {
    const fields = ['truncate', 'truncation_direction', 'normalize', 'prompt_name', 'dimensions'];
    const others = ['encoding_format', 'options', 'parameters'];
    const nothing = Object.fromEntries([...fields, ...others].map((field) => [field, null]));
    expect(await parametersFor('sentiment', { inputs: 'a', ...nothing })).toEqual({});
  });
});

describe('responses', () => {
  const labels = [{ label: 'positive', score: 0.9 }];
  const entities = [{ entity_group: 'city', score: 0.8, word: 'Rome', start: 0, end: 4 }];
  const states = [
    [1, 2],
    [3, 4],
  ];

  it.each([
    ['text-classification gives a list of lists for one input', 'sentiment', 'a', [labels]],
    ['text-classification gives a list for each of many inputs', 'sentiment', ['a', 'b'], [labels, labels]],
    ['token-classification gives its entities for one input', 'slots', 'a', entities],
    ['token-classification gives a list for each of many inputs', 'slots', ['a', 'b'], [entities, entities]],
    ['token-classification gives a list of lists for a list of one', 'slots', ['a'], [entities]],
    ['pooled feature-extraction gives one vector for one input', 'vectors', 'a', [0.6, 0.8]],
    ['pooled feature-extraction gives a vector for each input', 'vectors', ['a'], [[0.6, 0.8]]],
    ['feature-extraction by token gives [1][tokens][hidden] for one input', 'tokens', 'a', [states]],
    ['feature-extraction by token gives [inputs][tokens][hidden]', 'tokens', ['a', 'b'], [states, states]],
  ])('%s', async (_, model, inputs, expected) => {
    expect(await predict(model, { inputs })).toEqual({ status: 200, body: expected });
  });

  it('carry the model, the token count and the stage times in milliseconds', async () => {
    const { headers } = await fakeApp().request('/models/sentiment', postJson({ inputs: 'a' }));
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-pilotlight-model')).toBe('sentiment');
    expect(headers.get('x-pilotlight-version')).toBe('1.0.0');
    expect(headers.get('x-compute-tokens')).toBe('5');
    expect(headers.get('x-tokenization-time')).toBe('0.250');
    expect(headers.get('x-queue-time')).toBe('0.000');
    expect(headers.get('x-inference-time')).toBe('1.500');
    expect(Number(headers.get('x-total-time'))).toBeGreaterThan(0);
    expect(headers.get('server-timing')).toBe(
      'tokenize;dur=0.250, queue;dur=0.000, infer;dur=1.500, postprocess;dur=0.125',
    );
  });
});

describe('an answer', () => {
  it('of more numbers than can be sent is refused before it is written', async () => {
    const engine = fakeEngine();
    const tokens = new Array(2001).fill(new Array(2000).fill(0));
    const predict: typeof engine.predict = async (...call) => ({
      ...(await engine.predict(...call)),
      results: [tokens],
    });
    const app = fakeApp({ engine: { ...engine, prepare: preparing(predict) } });
    const response = await app.request('/models/tokens', postJson({ inputs: 'a' }));
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }),
    ]);
  });
});

describe('requests', () => {
  it.each(['/models/sentiment@1.0.0', '/models/sentiment/versions/1.0.0', '/models/sentiment/'])(
    'reach the model by %s',
    async (path) => {
      expect((await fakeApp().request(path, postJson({ inputs: 'a' }))).status).toBe(200);
    },
  );

  it('count offsets in code points, as Python clients do, where they do not say otherwise', async () => {
    expect(await parametersFor('slots', { inputs: 'a' })).toEqual({ offset_unit: 'codepoint' });
    expect(await parametersFor('slots', { inputs: 'a', parameters: { offset_unit: 'utf16' } })).toEqual({
      offset_unit: 'utf16',
    });
  });

  it('may set truncate and normalize beside the inputs', async () => {
    expect(await parametersFor('vectors', { inputs: 'a', truncate: true, normalize: false })).toEqual({
      truncate: true,
      normalize: false,
    });
  });

  it('prefer what is in parameters to what is beside them', async () => {
    const body = { inputs: 'a', normalize: true, parameters: { normalize: false } };
    expect(await parametersFor('vectors', body)).toEqual({ normalize: false });
  });

  it.each(['Left', 'left', 'Right', 'right'])(
    'say which end is cut: %s, whichever the tokenizer cuts',
    async (end) => {
      const expected = { truncation_direction: end.toLowerCase() };
      expect(await parametersFor('vectors', { inputs: 'a', truncation_direction: end })).toEqual(expected);
    },
  );

  it('may say what older clients say about hosting', async () => {
    const body = { inputs: 'a', parameters: null, options: { wait_for_model: true, use_cache: false } };
    expect((await predict('sentiment', body)).status).toBe(200);
  });

  it.each([
    ['nothing', {}, 'inputs'],
    ['an empty list', { inputs: [] }, 'inputs'],
    ['an unknown key', { inputs: 'a', modle: 'b' }, 'modle'],
    ['parameters that are a list', { inputs: 'a', parameters: [] }, 'parameters'],
    ['a truncate that is a text', { inputs: 'a', truncate: 'yes' }, 'truncate'],
    ['cutting in the middle', { inputs: 'a', truncation_direction: 'middle' }, 'truncation_direction'],
    ['base64 vectors', { inputs: 'a', encoding_format: 'base64' }, 'encoding_format'],
    ['an array for a body', ['a'], 'body'],
    ['null for a body', null, 'body'],
  ])('are refused with the field where they hold %s', async (_, body, field) => {
    expect(await predict('sentiment', body)).toMatchObject({
      status: 422,
      body: { code: 'INVALID_INPUT', field },
    });
  });

  it.each([
    [{ dimensions: 1.5 }, 'dimensions: must be a whole number.'],
    [{ dimensions: 0 }, 'dimensions: must be above 0.'],
    [{ dimensions: 1e300 }, 'dimensions: must be at most 9007199254740991.'],
    [{ truncate: 'yes' }, 'truncate: must be true or false.'],
  ])('are refused in plain words: %j', async (fields, error) => {
    expect((await predict('sentiment', { inputs: 'a', ...fields })).body).toMatchObject({ error });
  });

  it('leave Object.prototype alone, whatever keys they carry', async () => {
    const body =
      '{"inputs": "a", "parameters": {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}}';
    await fakeApp().request('/models/sentiment', { method: 'POST', body });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('with __proto__ for a key are refused by that name', async () => {
    const body = '{"inputs": "a", "__proto__": {"inputs": "b"}}';
    const response = await fakeApp().request('/models/sentiment', { method: 'POST', body });
    expect(await response.json()).toMatchObject({ code: 'INVALID_INPUT', field: '__proto__' });
  });
});
