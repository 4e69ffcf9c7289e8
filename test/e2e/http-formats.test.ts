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
const similarity = { source_sentence: 'a text', sentences: ['a text', 'another'] };

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

describe('TEI', () => {
  it('takes null for what is not said, and says what inputs are', async () => {
    const { status } = await post('/models/encoder/embed', {
      inputs: 'a',
      truncate: null,
      prompt_name: null,
    });
    expect(status).toBe(200);
    const { body } = await post('/models/encoder/embed', { inputs: 5 });
    expect(body.error).toMatch(/^inputs: must be a text, a list of texts, or the ids of tokens/);
  });

  it('embeds one text or several as a list of vectors of length 1', async () => {
    for (const inputs of ['a text', ['a text'], [[20, 30]], [20, 30]]) {
      const { status, body } = await post('/models/encoder/embed', { inputs });
      expect(status).toBe(200);
      expect(body).toHaveLength(1);
      expect(Math.hypot(...body[0])).toBeCloseTo(1, 5);
    }
  });

  it('gives a vector for each token where all are asked for', async () => {
    const { body: tokens } = await post('/models/encoder/tokenize', { inputs: 'a text' });
    const { body } = await post('/models/encoder/embed_all', { inputs: 'a text' });
    expect(body[0]).toHaveLength(tokens[0].length);
  });

  it('tells similarity as the cosine of the embeddings', async () => {
    const { body: likenesses } = await post('/models/encoder/similarity', { inputs: similarity });
    const { body: vectors } = await post('/models/encoder/embed', { inputs: ['a text', 'another'] });
    const cosine = vectors[0].reduce((sum: number, x: number, i: number) => sum + x * vectors[1][i], 0);
    expect(likenesses[0]).toBeCloseTo(1, 5);
    expect(likenesses[1]).toBeCloseTo(cosine, 5);
  });

  it('ranks texts, best first, each by the pair that it is with the query', async () => {
    const texts = ['first', 'second', 'third'];
    const { body } = await post('/models/ranker/rerank', {
      query: 'q',
      texts,
      return_text: true,
      raw_scores: true,
    });
    const scores = body.map(({ score }: { score: number }) => score);
    expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
    for (const { index, text, score } of body) {
      expect(text).toBe(texts[index]);
      const { body: pair } = await post('/models/ranker/predict', { inputs: ['q', text], raw_scores: true });
      expect(pair).toEqual([{ label: 'LABEL_0', score: expect.closeTo(score, 5) }]);
    }
  });

  it('reads ["a", "b"] as a pair, and lists of lists as a batch', async () => {
    const one = await post('/models/reviews/predict', { inputs: ['a', 'b'] });
    const batch = await post('/models/reviews/predict', { inputs: [['a', 'b'], ['a']] });
    const single = await post('/models/reviews/predict', { inputs: 'a' });
    expect(one.body).toEqual([expect.objectContaining({ label: expect.any(String) }), expect.anything()]);
    expect(batch.body[0][0].score).toBeCloseTo(one.body[0].score, 5);
    expect(batch.body[1][0].score).toBeCloseTo(single.body[0].score, 5);
    expect(one.body[0].score).not.toBeCloseTo(single.body[0].score, 5);
  });

  it.each([
    ['tokenize', { inputs: 'a'.repeat(1601) }, 'INPUT_TOO_LONG', /1601 characters/],
    ['tokenize', { inputs: Array(4).fill('a '.repeat(700)) }, 'TOO_MANY_TOKENS', /5600 characters/],
    ['decode', { ids: Array(301).fill(5) }, 'TOO_MANY_TOKENS', /301 tokens/],
  ])('refuses to %s more than the limits before it does', async (route, body, code, error) => {
    const answer = await post(`/models/encoder/${route}`, body);
    expect(answer.body).toMatchObject({ code, error: expect.stringMatching(error) });
  });

  it('gives tokens with offsets in bytes, as TEI does, and their text again', async () => {
    const text = '😀 hello';
    const { body } = await post('/models/encoder/tokenize', { inputs: [text, 'b'] });
    expect(body[0][0]).toMatchObject({ text: '[CLS]', special: true, start: null, stop: null });
    for (const token of body[0].slice(1, -1)) {
      expect(Buffer.from(text).subarray(token.start, token.stop).toString()).toBe(token.text);
    }
    const bare = await post('/models/encoder/tokenize', { inputs: text, add_special_tokens: false });
    expect(bare.body[0].map(({ id }: { id: number }) => id)).toEqual(
      body[0].slice(1, -1).map(({ id }: { id: number }) => id),
    );
    const ids = body[1].map(({ id }: { id: number }) => id);
    expect((await post('/models/encoder/decode', { ids })).body).toEqual(['b']);
    expect((await post('/models/encoder/decode', { ids: [ids], skip_special_tokens: false })).body).toEqual([
      '[CLS] b [SEP]',
    ]);
  });

  it.each([
    ['/models/encoder/embed', { inputs: [] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/ranker/rerank', { query: 'a', texts: [] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/encoder/embed', { inputs: 5 }, 422, 'Validation', 'INVALID_INPUT'],
    [
      '/models/encoder/embed',
      { inputs: 'word '.repeat(100), truncate: false },
      422,
      'Validation',
      'INPUT_TOO_LONG',
    ],
    ['/models/encoder/rerank', { query: 'a', texts: ['b'] }, 424, 'Backend', 'TASK_UNSUPPORTED'],
    ['/models/masks/embed_sparse', { inputs: 'a' }, 424, 'Backend', 'TASK_UNSUPPORTED'],
    ['/models/encoder/embed', { inputs: ['a', ''] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/encoder/embed', { inputs: '' }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/encoder/embed', { inputs: [[5], []] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/encoder/embed_all', { inputs: [[]] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/reviews/predict', { inputs: [['a'], ['']] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/ranker/rerank', { query: '', texts: ['a', ''] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/encoder/tokenize', { inputs: ['a', ''] }, 400, 'Empty', 'EMPTY_INPUT'],
    ['/models/encoder/decode', { ids: [[5], []] }, 400, 'Empty', 'EMPTY_INPUT'],
    [
      '/models/encoder/similarity',
      { inputs: { source_sentence: 'a', sentences: ['b', ''] } },
      400,
      'Empty',
      'EMPTY_INPUT',
    ],
    ['/models/encoder/tokenize', { inputs: 'a', prompt_name: 'q' }, 422, 'Validation', 'INVALID_INPUT'],
    ['/models/encoder/embed', { inputs: 'a', normalise: false }, 422, 'Validation', 'INVALID_INPUT'],
    ['/models/encoder/embed', { inputs: 'a', pooling: 'cls' }, 422, 'Validation', 'INVALID_INPUT'],
    ['/models/encoder/embed', { inputs: 'a', truncate_dim: 3 }, 422, 'Validation', 'INVALID_INPUT'],
    [
      '/models/ranker/rerank',
      { query: 'a', texts: ['b'], return_documents: true },
      422,
      'Validation',
      'INVALID_INPUT',
    ],
    ['/models/encoder/decode', { ids: [99_999] }, 422, 'Validation', 'INVALID_INPUT'],
    ['/models/missing/embed', { inputs: 'a' }, 404, 'Validation', 'MODEL_NOT_FOUND'],
  ])('at %s refuses %j in its own words', async (path, body, status, error_type, code) => {
    expect(await post(path, body)).toMatchObject({
      status,
      body: { error: expect.stringMatching(/\S/), error_type, code },
    });
  });

  it('cuts a text that is too long unless it is told not to, and times its stages in whole milliseconds', async () => {
    const inputs = 'word '.repeat(100);
    for (const body of [{ inputs }, { inputs, truncate: null }, { inputs, truncate: true }]) {
      const { status, headers } = await post('/models/encoder/embed', body);
      expect(status).toBe(200);
      expect(headers.get('x-compute-tokens')).toBe('64');
      for (const name of [
        'total-time',
        'compute-time',
        'tokenization-time',
        'queue-time',
        'inference-time',
      ]) {
        expect(headers.get(`x-${name}`), name).toMatch(/^\d+$/);
      }
    }
    const { body } = await post('/models/encoder/embed', { inputs: ['a', inputs], truncate: false });
    expect(body).toMatchObject({ field: 'inputs', index: 1 });
    expect(body.error).toMatch(/^inputs\[1\] has 102 tokens; .*leave "truncate": false out/);
  });

  it('counts the characters of texts in code points, and those of ids as their number', async () => {
    const characters = async (path: string, body: unknown) =>
      (await post(path, body)).headers.get('x-compute-characters');
    expect(await characters('/models/encoder/embed', { inputs: ['😀é', 'ab'] })).toBe('4');
    expect(await characters('/models/encoder/embed', { inputs: [[20, 30], 'ab'] })).toBe('4');
    expect(await characters('/models/ranker/rerank', { query: 'abc', texts: ['d', 'ef'] })).toBe('9');
    expect(await characters('/models/reviews/predict', { inputs: [['a', 'bc'], ['d']] })).toBe('4');
    const { headers } = await post('/models/encoder/embed', { inputs: 'a' });
    expect(headers.get('x-compute-type')).toBe('cpu+optimized');
  });

  it('reads ids as they are: the same vector only with the special tokens of a text', async () => {
    const { body: tokens } = await post('/models/encoder/tokenize', { inputs: 'a text' });
    const ids = tokens[0].map(({ id }: { id: number }) => id);
    const { body: text } = await post('/models/encoder/embed', { inputs: 'a text' });
    const whole = await post('/models/encoder/embed', { inputs: [ids] });
    const bare = await post('/models/encoder/embed', { inputs: [ids.slice(1, -1)] });
    expect(whole.body[0][0]).toBeCloseTo(text[0][0], 5);
    expect(bare.body[0][0]).not.toBeCloseTo(text[0][0], 5);
    expect(bare.headers.get('x-compute-tokens')).toBe(String(ids.length - 2));
  });

  it('takes null for every field that is not the input', async () => {
    const nulls = { truncate: null, truncation_direction: null, normalize: null, raw_scores: null };
    const more = { prompt_name: null, dimensions: null, return_text: null, top_n: null };
    for (const [path, body] of [
      ['/models/encoder/embed', { inputs: 'a' }],
      ['/models/ranker/rerank', { query: 'a', texts: ['b'] }],
      ['/models/reviews/predict', { inputs: 'a' }],
      ['/models/encoder/tokenize', { inputs: 'a', add_special_tokens: null }],
      ['/models/encoder/decode', { ids: [5], skip_special_tokens: null }],
    ] as const) {
      expect((await post(path, { ...body, ...nulls, ...more })).status, path).toBe(200);
    }
  });

  it('ignores fields that mean nothing, and gives as many texts as top_n says', async () => {
    const texts = ['b', 'c', 'd'];
    const { status, body } = await post('/models/ranker/rerank', { query: 'a', texts, top_n: 2, other: 1 });
    expect([status, body.length]).toEqual([200, 2]);
  });

  it('names the text that is too long, in the words of the route', async () => {
    const long = 'word '.repeat(100);
    const ranked = await post('/models/ranker/rerank', { query: 'a', texts: ['b', long], truncate: false });
    expect(ranked.body).toMatchObject({ code: 'INPUT_TOO_LONG', field: 'texts' });
    expect(ranked.body.error).toMatch(/^texts\S* has \d+ tokens/);
    const compared = await post('/models/encoder/similarity', {
      inputs: { source_sentence: 'a', sentences: ['b', long] },
      parameters: { truncate: false },
    });
    expect(compared.body).toMatchObject({ code: 'INPUT_TOO_LONG', field: 'inputs.sentences' });
    const wide = await post('/models/encoder/embed', { inputs: 'a', dimensions: 99 });
    expect(wide.body).toMatchObject({ field: 'dimensions', error: expect.stringMatching(/^dimensions: /) });
  });

  it('tells what TEI tells of its model', async () => {
    const { body: encoder } = await get('/models/encoder/info');
    expect(encoder).toMatchObject({
      model_id: 'encoder',
      served_model_name: 'encoder',
      model_dtype: 'float32',
      model_type: { embedding: { pooling: 'mean' } },
      max_input_length: 64,
      max_client_batch_size: 8,
      max_batch_requests: null,
      tokenization_workers: 1,
      auto_truncate: true,
    });
    const { body: reviews } = await get('/models/reviews/info');
    expect(reviews.model_type).toEqual({
      classifier: { id2label: { 0: 'bad', 1: 'good' }, label2id: { bad: 0, good: 1 } },
    });
    expect(Object.keys((await get('/models/ranker/info')).body.model_type)).toEqual(['reranker']);
  });

  it('tells whether a model can answer', async () => {
    expect(await get('/models/encoder/health')).toEqual({ status: 200, body: { status: 'ok' } });
    expect((await get('/models/missing/health')).status).toBe(404);
  });

  it('has its routes at the root for the model that is packaged for the task', async () => {
    const ranked = { query: 'q', texts: ['first', 'second'] };
    for (const [route, model, body] of [
      ['embed', 'encoder', { inputs: 'a' }],
      ['embed_all', 'encoder', { inputs: 'a' }],
      ['similarity', 'encoder', { inputs: similarity }],
      ['rerank', 'ranker', ranked],
      ['predict', 'reviews', { inputs: 'a' }],
    ] as const) {
      const atRoot = await post(`/${route}`, body);
      expect(atRoot.status, route).toBe(200);
      expect(atRoot.headers.get('x-pilotlight-model')).toBe(model);
      expect(atRoot.body).toEqual((await post(`/models/${model}/${route}`, body)).body);
    }
  });

  it('refuses at the root what could be meant for several models, with their names and the way out', async () => {
    const { status, body } = await post('/tokenize', { inputs: 'a' });
    expect([status, body.error_type, body.code]).toEqual([404, 'Validation', 'MODEL_NOT_FOUND']);
    expect(body.error).toMatch(/answers, encoder, .*\/models\/\{model\}\/tokenize.*PILOTLIGHT_DEFAULT_MODEL/);
  });

  it('asks the default model at the root, unless only another one can do the task', async () => {
    const named = await serve(space.packages, { defaultModel: 'encoder' });
    const ask = (path: string, body: unknown) =>
      fetch(named.url + path, { method: 'POST', body: JSON.stringify(body) });
    const info = await fetch(`${named.url}/info`);
    expect(JSON.parse(await info.text())).toMatchObject({ model_id: 'encoder' });
    expect((await ask('/tokenize', { inputs: 'a' })).status).toBe(200);
    const ranked = await ask('/rerank', { query: 'a', texts: ['b'] });
    expect(ranked.headers.get('x-pilotlight-model')).toBe('ranker');
    await named.stop();
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
