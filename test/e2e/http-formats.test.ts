/** The wire formats beside Hugging Face's, on the real engine; what one of them says, another one confirms. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsTo } from './http-calls.ts';
import { type Service, serve, workspace } from './http-service.ts';
import { addTaskModels } from './task-models.ts';

const space = workspace([]);
let service: Service;
beforeAll(async () => {
  await addTaskModels(space.packages, ['reviews', 'entities', 'answers', 'masks', 'encoder', 'ranker']);
  service = await serve(space.packages, {
    limits: { maxInputs: 8, maxCallTokens: 300, maxInputTokens: 200 },
  });
});
afterAll(async () => {
  await service.stop();
  space.remove();
});

const { get, post } = callsTo(() => service);

describe('a prediction in any format', () => {
  it('says which package answered: the beginning of the sha256 of its model.json', async () => {
    const manifest = readFileSync(join(space.packages, 'reviews/1.0.0/model.json'));
    const sha256 = createHash('sha256').update(manifest).digest('hex');
    for (const path of ['/models/reviews', '/models/reviews/predict']) {
      const { headers } = await post(path, { inputs: 'a' });
      expect(headers.get('x-pilotlight-checksum')).toBe(sha256.slice(0, 12));
    }
    const { body } = await get('/models/reviews/info');
    expect(body.model_sha).toBe(sha256);
  });

  it('counts tokens read, padding and what was cut', async () => {
    const inputs = ['a', 'word '.repeat(100)];
    const { headers } = await post('/models/reviews', { inputs, truncate: true });
    const count = (name: string) => Number(headers.get(`x-${name}-tokens`));
    expect(count('compute')).toBe(3 + 64);
    expect(count('truncated')).toBeGreaterThan(30);
    expect(count('padded')).toBeLessThanOrEqual(61);
  });

  it.each([
    ['/models/reviews', { inputs: Array(9).fill('a') }, 'TOO_MANY_INPUTS'],
    [
      '/models/encoder',
      { inputs: { source_sentence: 'a', sentences: Array(9).fill('a') } },
      'TOO_MANY_INPUTS',
    ],
    ['/models/ranker/rerank', { query: 'a', texts: Array(9).fill('a') }, 'TOO_MANY_INPUTS'],
    ['/models/reviews', { inputs: Array(8).fill('word '.repeat(40)) }, 'TOO_MANY_TOKENS'],
    ['/models/encoder/tokenize', { inputs: Array(8).fill('word '.repeat(40)) }, 'TOO_MANY_TOKENS'],
    [
      '/models/answers',
      { inputs: { question: 'who', context: 'word '.repeat(220) }, parameters: { doc_stride: 4 } },
      'INPUT_TOO_LONG',
    ],
    [
      '/models/reviews',
      { inputs: 'a', parameters: { candidate_labels: Array(101).fill('a') } },
      'TOO_MANY_LABELS',
    ],
  ])('to %s is held to the limits', async (path, body, code) => {
    expect(await post(path, body)).toMatchObject({ status: 422, body: { code } });
  });
});

describe('the OpenAPI document', () => {
  const none = { aggregation_strategy: 'none', ignore_labels: [] };
  const every = { ...none, aggregation_strategy: 'simple' };
  it.each([
    ['token-classification', 'entities', { inputs: 'a text', parameters: every }],
    [
      'token-classification with the aggregation_strategy none',
      'entities',
      { inputs: 'a', parameters: none },
    ],
    ['fill-mask', 'masks', { inputs: 'a [MASK]' }],
    ['fill-mask with several masks', 'masks', { inputs: '[MASK] [MASK]' }],
    ['text-ranking', 'ranker', { inputs: { query: 'a', texts: ['b'] }, parameters: { return_text: true } }],
  ])('has every field of %s', async (title, model, body) => {
    const { components } = (await get('/openapi.json')).body;
    const shapes: { description: string; items: unknown }[] = components.schemas.PredictResponse.anyOf;
    const shape = JSON.stringify(shapes.find((candidate) => candidate.description === title)?.items);
    const { body: results } = await post(`/models/${model}`, body);
    const [first] = results.flat();
    expect(Object.keys(first).length).toBeGreaterThan(2);
    for (const field of Object.keys(first)) expect(shape).toContain(`"${field}":{`);
    expect(shape.startsWith('{"type":"array"')).toBe(Array.isArray(results[0]));
  });
});

describe('OpenAI', () => {
  it.each([[[5, 6]], [[[5], [6]]]])(
    'refuses the ids %j of another vocabulary, and says the way out',
    async (input) => {
      const { status, body } = await post('/v1/embeddings', { model: 'encoder', input });
      expect([status, body.error.type, body.error.param]).toEqual([400, 'invalid_request_error', 'input']);
      expect(body.error.message).toMatch(/check_embedding_ctx_length=False.*PILOTLIGHT_OPENAI_TOKEN_IDS/);
    },
  );

  it('takes ids where the deployment says that they are of its models', async () => {
    const own = await serve(space.packages, { openAiTokenIds: true });
    const send = async (input: unknown) => {
      const init = { method: 'POST', body: JSON.stringify({ model: 'encoder', input }) };
      return JSON.parse(await (await fetch(`${own.url}/v1/embeddings`, init)).text());
    };
    expect((await send([[20, 30], [40]])).data).toHaveLength(2);
    expect((await send([20, 30])).data).toHaveLength(1);
    expect((await send([20, 9999])).error).toMatchObject({
      param: 'input',
      message: expect.stringMatching(/^input\[0\]\[1\]: /),
    });
    await own.stop();
  });

  it('takes 2,048 inputs a call, whatever the limit of other formats is, and no more', async () => {
    const many = (count: number) =>
      post('/v1/embeddings', { model: 'encoder', input: Array(count).fill('a') });
    const roomy = await serve(space.packages, { limits: { maxInputs: 1, maxCallTokens: 20_000 } });
    const body = JSON.stringify({ model: 'encoder', input: Array(2048).fill('a'), dimensions: 2 });
    const response = await fetch(`${roomy.url}/v1/embeddings`, { method: 'POST', body });
    expect(JSON.parse(await response.text()).data).toHaveLength(2048);
    await roomy.stop();
    expect(await many(2049)).toMatchObject({
      status: 400,
      body: { error: { code: 'TOO_MANY_INPUTS', param: 'input' } },
    });
  });

  it.each([
    [{ input: ['a', 'word '.repeat(100)] }, 'input', /^input\[1\] has 102 tokens.*Shorten it\.$/],
    [{ input: 'a', dimensions: 99 }, 'dimensions', /^dimensions: /],
    [{ input: 'a', input_type: 'query' }, 'input_type', /^input_type: is not known/],
    [{ input: 5 }, 'input', /^input: must be/],
  ])('speaks of its own fields where it refuses %j', async (fields, param, message) => {
    const { body } = await post('/v1/embeddings', { model: 'encoder', ...fields });
    expect(body.error.param).toBe(param);
    expect(body.error.message).toMatch(message);
  });

  it('has an id for each request, answered or refused', async () => {
    const ids = [
      await post('/v1/embeddings', { model: 'encoder', input: 'a' }),
      await post('/v1/embeddings', { model: 'encoder', input: 5 }),
    ].map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[\w-]{20,}$/);
  });

  it.each([{}, { dimensions: 5 }])('gives vectors of length 1, cut by %j or not', async (options) => {
    const body = { model: 'encoder', input: ['a text', 'another'], ...options };
    const { data } = (await post('/v1/embeddings', body)).body;
    for (const { embedding } of data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  });
});

describe('SageMaker', () => {
  it('is told that the container is ready', async () => {
    expect((await get('/ping')).status).toBe(200);
  });

  it('invokes the model that the call names, with or without its archive', async () => {
    const expected = await post('/models/reviews', { inputs: 'a' });
    for (const name of ['reviews', 'reviews@1.0.0', 'reviews.tar.gz', '/reviews.tar.gz']) {
      const { status, body } = await post(
        '/invocations',
        { inputs: 'a' },
        { 'X-Amzn-SageMaker-Target-Model': name },
      );
      expect([status, body]).toEqual([200, expected.body]);
    }
  });

  it('invokes the model that has the name of the endpoint, unless the header names one', async () => {
    const path = '/endpoints/reviews/invocations';
    expect((await post(path, { inputs: 'a' })).headers.get('x-pilotlight-model')).toBe('reviews');
    const target = { 'X-Amzn-SageMaker-Target-Model': 'encoder' };
    expect((await post(path, { inputs: 'a' }, target)).headers.get('x-pilotlight-model')).toBe('encoder');
    const missing = await post('/endpoints/missing/invocations', { inputs: 'a' });
    expect([missing.status, missing.headers.get('x-amzn-errortype')]).toEqual([404, 'ValidationError']);
    expect(missing.body).toMatchObject({ code: 'MODEL_NOT_FOUND', message: missing.body.error });
  });

  it('is refused with the names where several models could be meant', async () => {
    const { status, body } = await post('/invocations', { inputs: 'a' });
    expect([status, body.code]).toEqual([422, 'INVALID_INPUT']);
    expect(body.error).toContain('answers, encoder, entities, masks, ranker, reviews');
  });

  it('invokes the default model, or the only one', async () => {
    const named = await serve(space.packages, { defaultModel: 'encoder' });
    const only = workspace([]);
    await addTaskModels(only.packages, ['reviews']);
    const single = await serve(only.packages);
    for (const [one, model] of [
      [named, 'encoder'],
      [single, 'reviews'],
    ] as const) {
      const response = await fetch(`${one.url}/invocations`, { method: 'POST', body: '{"inputs": "a"}' });
      expect(response.headers.get('x-pilotlight-model')).toBe(model);
      await one.stop();
    }
    only.remove();
  });
});
