/** The routes of text-embeddings-inference (TEI) on the real engine: what its clients send, get, and are refused. */
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
    const same = { return_documents: false, pooling: null, other: 1 };
    const { status, body } = await post('/models/ranker/rerank', { query: 'a', texts, top_n: 2, ...same });
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

  it('refuses at the root what no model can do, as TEI refuses what its model cannot do', async () => {
    const space = workspace([]);
    await addTaskModels(space.packages, ['masks']);
    const alone = await serve(space.packages, { defaultModel: 'masks' });
    const init = { method: 'POST', body: JSON.stringify({ query: 'a', texts: ['b'] }) };
    const response = await fetch(`${alone.url}/rerank`, init);
    expect(response.status).toBe(424);
    expect(JSON.parse(await response.text())).toMatchObject({
      error_type: 'Backend',
      code: 'TASK_UNSUPPORTED',
    });
    await alone.stop();
    space.remove();
  });

  it('asks the default model at the root, unless only another one can do the task', async () => {
    const named = await serve(space.packages, { defaultModel: 'encoder' });
    const ask = (path: string, body: unknown) =>
      fetch(named.url + path, { method: 'POST', body: JSON.stringify(body) });
    const info = await fetch(`${named.url}/info`);
    expect(JSON.parse(await info.text())).toMatchObject({ model_id: 'encoder' });
    expect((await ask('/tokenize', { inputs: 'a' })).status).toBe(200);
    // Python's InferenceClient posts to the very address.
    const features = await ask('/', { inputs: 'a' });
    expect(features.headers.get('x-pilotlight-model')).toBe('encoder');
    const ranked = await ask('/rerank', { query: 'a', texts: ['b'] });
    expect(ranked.headers.get('x-pilotlight-model')).toBe('ranker');
    await named.stop();
    const unnamed = await post('/', { inputs: 'a' });
    expect(unnamed).toMatchObject({ status: 404, body: { code: 'MODEL_NOT_FOUND' } });
    expect(unnamed.body.error).toContain('Send to /models/{model}, or have');
  });
});
