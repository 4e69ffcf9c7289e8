/** The Open Inference Protocol on the real engine; what its tensors say, other formats confirm. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsTo } from './http-calls.ts';
import { type Service, serve, workspace } from './http-service.ts';
import { addTaskModels } from './task-models.ts';

const space = workspace([]);
let service: Service;
beforeAll(async () => {
  await addTaskModels(space.packages, ['reviews', 'answers', 'encoder']);
  service = await serve(space.packages);
});
afterAll(async () => {
  await service.stop();
  space.remove();
});

const { get, post } = callsTo(() => service);
const similarity = { source_sentence: 'a text', sentences: ['a text', 'another'] };

describe('the Open Inference Protocol', () => {
  const bytes = (name: string, data: string[]) => ({ name, shape: [data.length], datatype: 'BYTES', data });
  const int64 = (name: string, shape: number[], data: unknown[]) => ({
    name,
    shape,
    datatype: 'INT64',
    data,
  });

  it('tells server, models and readiness', async () => {
    expect((await get('/v2')).body).toMatchObject({ name: 'pilotlight', extensions: ['binary_tensor_data'] });
    expect((await get('/v2/health/live')).body).toEqual({ live: true });
    expect((await get('/v2/health/ready')).status).toBe(200);
    for (const path of ['/v2/models/reviews', '/v2/models/reviews/versions/1.0.0']) {
      expect((await get(`${path}/ready`)).body).toEqual({ name: 'reviews', ready: true });
      const { body } = await get(path);
      expect(body).toMatchObject({ name: 'reviews', versions: ['1.0.0'] });
      expect(body.inputs).toContainEqual({ name: 'input_ids', datatype: 'INT64', shape: [-1, -1] });
      expect(body.outputs).toContainEqual({ name: 'logits', datatype: 'FP32', shape: [-1, -1] });
    }
    expect(await get('/v2/models/missing/ready')).toMatchObject({
      status: 404,
      body: { code: 'MODEL_NOT_FOUND', error: expect.any(String) },
    });
  });

  it('takes texts as BYTES and gives the results of the task as JSON', async () => {
    const { body } = await post('/v2/models/reviews/infer', {
      id: 'call-1',
      inputs: [bytes('anything', ['a', 'b'])],
      parameters: { top_k: 1 },
    });
    const { body: expected } = await post('/models/reviews', {
      inputs: ['a', 'b'],
      parameters: { top_k: 1 },
    });
    expect(body).toMatchObject({ id: 'call-1', model_name: 'reviews', model_version: '1.0.0' });
    expect(body.outputs).toMatchObject([{ name: 'results', shape: [2], datatype: 'BYTES' }]);
    expect(body.outputs[0].data.map((json: string) => JSON.parse(json))).toEqual(expected);
  });

  it('takes the parts of inputs as tensors of their names', async () => {
    const inputs = [bytes('question', ['who', 'what']), bytes('context', ['Ada wrote', 'it was it'])];
    const { body } = await post('/v2/models/answers/versions/1.0.0/infer', { inputs });
    expect(body.outputs[0].shape).toEqual([2]);
    const compared = await post('/v2/models/encoder/infer', {
      inputs: [bytes('source_sentence', ['a text']), bytes('sentences', ['a text', 'another'])],
      parameters: { task: 'sentence-similarity' },
    });
    const { body: expected } = await post('/models/encoder/similarity', { inputs: similarity });
    expect(compared.body.outputs).toEqual([
      { name: 'embeddings', shape: [1, 2], datatype: 'FP32', data: expected },
    ]);
  });

  it('gives vectors as one tensor of numbers', async () => {
    const parameters = { pooling: 'mean', normalize: true };
    const { body } = await post('/v2/models/encoder/infer', {
      inputs: [bytes('text', ['a', 'b'])],
      parameters,
    });
    const { body: expected } = await post('/models/encoder/embed', { inputs: ['a', 'b'] });
    expect(body.outputs).toEqual([
      { name: 'embeddings', shape: [2, 32], datatype: 'FP32', data: expected.flat() },
    ]);
  });

  it('runs the graph on the tokens of a text and gives the logits that the task reads', async () => {
    const { body: tokens } = await post('/models/reviews/tokenize', { inputs: 'a text' });
    const ids = tokens[0].map(({ id }: { id: number }) => id);
    const inputs = [int64('input_ids', [1, ids.length], [ids])];
    const { body, headers } = await post('/v2/models/reviews/infer', { inputs });
    const { body: labels } = await post('/models/reviews/predict', { inputs: 'a text', raw_scores: true });
    const logits = Object.fromEntries(
      labels.map(({ label, score }: { label: string; score: number }) => [label, score]),
    );
    expect(body.outputs).toEqual([
      {
        name: 'logits',
        shape: [1, 2],
        datatype: 'FP32',
        data: [expect.closeTo(logits.bad, 4), expect.closeTo(logits.good, 4)],
      },
    ]);
    expect(headers.get('x-compute-tokens')).toBe(String(ids.length));
  });

  it('runs rows beyond the token budget in several batches, in order', async () => {
    const rows = Array.from({ length: 8 }, (_, row) => [2, 20 + row, ...Array(31).fill(30), 3]);
    const inputs = [int64('input_ids', [8, 34], rows)];
    const all = await post('/v2/models/reviews/infer', { inputs });
    const last = await post('/v2/models/reviews/infer', {
      inputs: [int64('input_ids', [1, 34], rows.slice(7))],
    });
    expect(all.body.outputs[0].shape).toEqual([8, 2]);
    expect(all.body.outputs[0].data[14]).toBeCloseTo(last.body.outputs[0].data[0], 4);
  });

  it.each([
    ['an id that the model does not have', [int64('input_ids', [1, 2], [2, 5000])]],
    ['an id below 0', [int64('input_ids', [1, 2], [2, -1])]],
    ['an id that is no number', [int64('input_ids', [1, 2], [2, 'a'])]],
    ['fewer elements than the shape says', [int64('input_ids', [1, 3], [2, 3])]],
    ['a shape of one axis', [int64('input_ids', [2], [2, 3])]],
    ['no rows', [int64('input_ids', [0, 2], [])]],
    [
      'a mask of another shape',
      [int64('input_ids', [1, 2], [2, 3]), int64('attention_mask', [2, 1], [1, 1])],
    ],
    ['a mask without ids', [int64('attention_mask', [1, 2], [1, 1])]],
    ['a tensor that the graph does not have', [int64('pixels', [1, 2], [1, 1])]],
    ['texts beside numbers', [bytes('text', ['a']), int64('input_ids', [1, 2], [2, 3])]],
    ['a text that is a number', [{ ...bytes('text', []), shape: [1], data: [7] }]],
    ['columns of different lengths', [bytes('question', ['a']), bytes('context', ['b', 'c'])]],
    ['a tensor twice', [int64('input_ids', [1, 1], [2]), int64('input_ids', [1, 1], [3])]],
    ['two columns of unknown names', [bytes('first', ['a']), bytes('second', ['b'])]],
  ])('refuses %s', async (_, inputs) => {
    expect(await post('/v2/models/reviews/infer', { inputs })).toMatchObject({
      status: 422,
      body: { error: expect.any(String), code: 'INVALID_INPUT' },
    });
  });

  it('gives the outputs that are asked for, and refuses one that there is not', async () => {
    const inputs = [bytes('text', ['a'])];
    const results = await post('/v2/models/reviews/infer', { inputs, outputs: [{ name: 'results' }] });
    expect(results.status).toBe(200);
    expect(await post('/v2/models/reviews/infer', { inputs, outputs: [{ name: 'scores' }] })).toMatchObject({
      status: 422,
      body: { field: 'outputs[0].name' },
    });
  });
});
