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

  it('gives tokens with offsets in code points, and their text again', async () => {
    const text = '😀 hello';
    const { body } = await post('/models/encoder/tokenize', { inputs: [text, 'b'] });
    expect(body[0][0]).toMatchObject({ text: '[CLS]', special: true, start: null, stop: null });
    for (const token of body[0].slice(1, -1)) {
      expect([...text].slice(token.start, token.stop).join('')).toBe(token.text);
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
    ['/models/encoder/embed', { inputs: 'word '.repeat(100) }, 422, 'Tokenizer', 'INPUT_TOO_LONG'],
    ['/models/encoder/rerank', { query: 'a', texts: ['b'] }, 422, 'Validation', 'TASK_UNSUPPORTED'],
    ['/models/encoder/decode', { ids: [99_999] }, 422, 'Validation', 'INVALID_INPUT'],
    ['/models/missing/embed', { inputs: 'a' }, 404, 'Validation', 'MODEL_NOT_FOUND'],
  ])('at %s refuses %j in its own words', async (path, body, status, error_type, code) => {
    expect(await post(path, body)).toMatchObject({
      status,
      body: { error: expect.stringMatching(/\S/), error_type, code },
    });
  });

  it('cuts a text that is too long where it may, and times its stages', async () => {
    const inputs = 'word '.repeat(100);
    const { status, headers } = await post('/models/encoder/embed', { inputs, truncate: true });
    expect(status).toBe(200);
    for (const stage of ['total', 'tokenization', 'queue', 'inference']) {
      expect(Number(headers.get(`x-${stage}-time`))).toBeGreaterThanOrEqual(0);
    }
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
