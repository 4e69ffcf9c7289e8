import { InferenceClient } from '@huggingface/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addEncoder, type Service, serve, workspace } from './http-service.ts';

const space = workspace();
let service: Service;

beforeAll(async () => {
  await addEncoder(space.packages);
  service = await serve(space.packages);
});
afterAll(async () => {
  await service.stop();
  space.remove();
});

const label = { label: expect.any(String), score: expect.any(Number) };

describe('a prediction over HTTP', () => {
  it('gives every label of a text, best first, as a list of lists', async () => {
    const { status, body } = await service.post('sentiment', { inputs: 'I love this' });
    expect(status).toBe(200);
    expect(body).toEqual([[{ label: 'positive', score: expect.any(Number) }, label]]);
  });

  it('gives one list for each of many texts, in order', async () => {
    const inputs = ['I love this', 'I hate this', 'I love it, it is great', 'I hate it, it is awful'];
    const { body } = await service.post('sentiment', { inputs, parameters: { top_k: 1 } });
    expect(body).toMatchObject([
      [{ label: 'positive' }],
      [{ label: 'negative' }],
      [{ label: 'positive' }],
      [{ label: 'negative' }],
    ]);
  });

  it('counts offsets in code points, so that a slice of the text by characters is the word', async () => {
    const text = '😀 play something by Adele on Spotify';
    const { body } = await service.post('slots', { inputs: text });
    const entities = body as { word: string; start: number; end: number }[];
    expect(entities.length).toBeGreaterThan(0);
    for (const { word, start, end } of entities) expect([...text].slice(start, end).join('')).toBe(word);
  });

  it('gives one vector a text where a pooling is chosen, of length 1 where that is asked for', async () => {
    const body = { inputs: ['a', 'b c'], normalize: true, parameters: { pooling: 'mean' } };
    const vectors = (await service.post('encoder', body)).body as number[][];
    expect(vectors.map(({ length }) => length)).toEqual([32, 32]);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  it('refuses a text that is too long with both numbers, and cuts it where it may', async () => {
    const inputs = 'word '.repeat(1000);
    expect(await service.post('sentiment', { inputs })).toMatchObject({
      status: 422,
      body: { code: 'INPUT_TOO_LONG', tokens: expect.any(Number), maxTokens: 256 },
    });
    expect(
      (await service.post('sentiment', { inputs, truncate: true })).headers.get('x-compute-tokens'),
    ).toBe('256');
  });

  it('refuses a model that is not there with the list of those that are', async () => {
    expect(await service.post('sentimant', { inputs: 'a' })).toMatchObject({
      status: 404,
      body: { code: 'MODEL_NOT_FOUND', models: ['encoder', 'intent', 'sentiment', 'slots'] },
    });
  });

  it('refuses a parameter that the task does not know by its name', async () => {
    expect(await service.post('sentiment', { inputs: 'a', parameters: { topk: 1 } })).toMatchObject({
      status: 422,
      body: { code: 'INVALID_PARAMETER', field: 'parameters.topk' },
    });
  });

  it('times its stages within the whole', async () => {
    const { headers } = await service.post('sentiment', { inputs: 'I love this' });
    const time = (name: string) => Number(headers.get(`x-${name}-time`));
    expect(time('inference')).toBeGreaterThan(0);
    expect(time('tokenization') + time('queue') + time('inference')).toBeLessThanOrEqual(time('total'));
  });
});

describe('the unmodified npm client of Hugging Face', () => {
  const client = (model: string) =>
    new InferenceClient('any', { endpointUrl: `${service.url}/models/${model}` });

  it('reads text-classification', async () => {
    const output = await client('sentiment').textClassification({ inputs: 'I love this' });
    expect(output).toEqual([{ label: 'positive', score: expect.any(Number) }, label]);
  });

  it('passes parameters of text-classification on', async () => {
    const parameters = { top_k: 3, function_to_apply: 'sigmoid' } as const;
    expect(
      await client('intent').textClassification({ inputs: 'what is my balance', parameters }),
    ).toHaveLength(3);
  });

  it('reads token-classification', async () => {
    const output = await client('slots').tokenClassification({
      inputs: 'play something by Adele on Spotify',
      parameters: { aggregation_strategy: 'first', ignore_labels: ['O'] },
    });
    expect(output).toContainEqual({
      entity_group: 'service',
      score: expect.any(Number),
      word: 'Spotify',
      start: 27,
      end: 34,
    });
  });

  it('reads feature-extraction, with its top-level options', async () => {
    const output = await client('encoder').featureExtraction({
      inputs: 'a text',
      normalize: true,
      truncate: true,
      truncation_direction: 'right',
    });
    const [tokens] = output as number[][][];
    expect(tokens?.map(({ length }) => length)).toEqual([32, 32, 32, 32]);
  });

  it('reports our message where a call is refused', async () => {
    await expect(client('sentiment').textClassification({ inputs: 'word '.repeat(1000) })).rejects.toThrow(
      /at most 256/,
    );
  });
});
