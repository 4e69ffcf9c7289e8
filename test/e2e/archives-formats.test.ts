/** An archive in every wire format: what fits is answered, what does not is refused in a clear word. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareAnswers } from '../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { addExample, INPUTS, OUTPUTS, SENTENCE } from './example-archive.ts';
import { callsTo } from './http-calls.ts';
import { type Service, serve } from './http-service.ts';

const packages = join(temporaryFolder(), 'packages');
let service: Service;
beforeAll(async () => {
  await addExample(packages);
  service = await serve(packages);
}, 30_000);
afterAll(() => service.stop());
const { get, post } = callsTo(() => service);

const bytes = (name: string, data: readonly string[]) => {
  return { name, shape: [data.length], datatype: 'BYTES', data };
};
const infer = async (inputs: unknown, parameters = {}) => {
  const { status, body } = await post('/v2/models/ner/infer', { inputs, parameters });
  const results = body.outputs?.[0]?.data.map((json: string) => JSON.parse(json));
  return { status, body, results };
};

describe('an archive in the Open Inference Protocol', () => {
  test('tells its tensors: the texts of its task, JSON, and the fields of its predictor', async () => {
    const { body } = await get('/v2/models/ner');
    expect(body).toMatchObject({
      name: 'ner',
      versions: ['1.0.0'],
      inputs: [
        { name: 'text', datatype: 'BYTES', parameters: { task: 'token-classification' } },
        { name: 'json', datatype: 'BYTES', parameters: { task: 'predictor', content_type: 'json' } },
        { name: 'sentence', datatype: 'BYTES', parameters: { task: 'predictor' } },
      ],
      outputs: [{ name: 'results', datatype: 'BYTES', shape: [-1] }],
    });
    expect((await get('/v2/models/ner/ready')).body).toEqual({ name: 'ner', ready: true });
  });

  test("takes the predictor's JSON as texts, or its fields as tensors", async () => {
    const json = await infer([
      bytes(
        'json',
        INPUTS.map((input) => JSON.stringify(input)),
      ),
    ]);
    expect(compareAnswers(OUTPUTS, json.results).problem).toBeUndefined();
    const sentences = INPUTS.map(({ sentence }) => sentence);
    const fields = await infer([bytes('sentence', sentences)]);
    expect(fields.results).toEqual(json.results);
    const named = await infer([bytes('anything', [SENTENCE])], { task: 'ner' });
    expect(named.results).toMatchObject([[{ word: 'Joel Smith' }, { word: 'Seattle' }]]);
    expect((await infer([bytes('text', [SENTENCE])])).results).toEqual(named.results);
  });

  test.each([
    [[{ name: 'tokens', shape: [1, 2], datatype: 'INT64', data: [1, 2] }], {}, 'TASK_UNSUPPORTED'],
    [[bytes('text', [SENTENCE])], { task: 'fill-mask' }, 'TASK_UNSUPPORTED'],
    [[bytes('json', ['{'])], {}, 'INVALID_INPUT'],
    [[bytes('json', ['1'])], {}, 'INVALID_INPUT'],
    [[bytes('json', ['{}'])], {}, 'INVALID_INPUT'],
    [[bytes('json', ['{}']), bytes('sentence', ['a'])], {}, 'INVALID_INPUT'],
    [[bytes('text', ['a'])], { unheard: 1 }, 'INVALID_PARAMETER'],
  ])('refuses %j with %j as %s', async (inputs, parameters, code) => {
    expect(await infer(inputs, parameters)).toMatchObject({ status: 422, body: { code } });
  });
});

const EXAMPLES = [
  ...['/models/{model}', '/models/{model}/predict', '/models/{model}/predict_batch'],
  ...['/predict', '/predict_batch'],
  ...['/pipeline/{task}/{model}', '/v2/models/{model}/infer', '/invocations'],
  '/endpoints/{endpoint}/invocations',
];

describe('an archive in the other formats', () => {
  test('has no vectors for OpenAI, which is told so, but is among its models', async () => {
    const refused = await post('/v1/embeddings', { model: 'ner', input: 'x' });
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toMatch(
      /Model ner is for crf_tagger\. It reads the JSON of its predictor/,
    );
    expect((await get('/v1/models')).body.data).toMatchObject([{ id: 'ner' }]);
  });

  test("answers lines of its predictor's JSON and JSON as SageMaker's endpoints do", async () => {
    const [first, second] = INPUTS.map((input) => JSON.stringify(input));
    const lines = await fetch(`${service.url}/endpoints/ner/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/jsonlines', accept: 'application/jsonlines' },
      body: `${first}\n${second}\n`,
    });
    const answers = (await lines.text()).trimEnd().split('\n');
    expect(lines.status, answers[0]).toBe(200);
    const results = answers.map((line) => JSON.parse(line));
    expect(compareAnswers(OUTPUTS.slice(0, 2), results).problem).toBeUndefined();
    const { body } = await post('/invocations', INPUTS[0]);
    expect(compareAnswers(OUTPUTS[0], body).problem).toBeUndefined();
    const csv = await fetch(`${service.url}/endpoints/ner/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: `sentence\n"${INPUTS[0]?.sentence}"\n`,
    });
    expect(compareAnswers(OUTPUTS.slice(0, 1), await csv.json()).problem).toBeUndefined();
  });

  test('is described by a document whose examples it answers', async () => {
    const { body: document } = await get('/openapi.json');
    for (const path of EXAMPLES) {
      const { example } = document.paths[path].post.requestBody.content['application/json'];
      const url = path.replace(/{(model|endpoint)}/, 'ner').replace('{task}', 'predictor');
      const { status, body } = await post(url, example);
      expect({ path, status, body }).toMatchObject({ path, status: 200 });
    }
  });
});
