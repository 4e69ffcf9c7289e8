/** The archive of examples/from-allennlp from its file to an answer: packaged by the command, served over HTTP, in files and in the terminal. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { compareAnswers } from '../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { node, run } from './command.ts';
import { runHere } from './command-here.ts';
import { type Service, serve } from './http-service.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/from-allennlp');
const folder = temporaryFolder();
const packages = join(folder, 'packages');
const references = readFileSync(join(EXAMPLE, 'references.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): { input: { sentence: string }; output: unknown } => JSON.parse(line));
const [first] = references;
if (!first) throw new TypeError('The example has references.');
const SENTENCE = first.input.sentence;

const pilotlight = (...args: readonly string[]) =>
  run(node('cli/src/main.ts', ...args, '--packages', packages));
const pilotlightHere = (...args: readonly string[]) => runHere([...args, '--packages', packages]);
const add = (...args: readonly string[]) =>
  pilotlight('models', 'add', join(EXAMPLE, 'model.tar.gz'), '--tokenization', 'whitespace', ...args);

let service: Service;
beforeAll(async () => {
  const { code, stdout, stderr } = await add(
    ...['--name', 'ner', '--reference', join(EXAMPLE, 'references.jsonl'), '--quiet'],
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('answers as AllenNLP did in 6 cases');
  service = await serve(packages);
}, 60_000);
afterAll(() => service.stop());

describe('an archive', () => {
  test('answers the JSON of its predictor as AllenNLP did, alone and in a list', async () => {
    for (const { input, output } of references) {
      const { status, body } = await service.post('ner', input);
      const { problem, largest } = compareAnswers(output, body);
      expect({ status, problem }).toEqual({ status: 200, problem: undefined });
      expect(largest).toBeLessThan(1e-4);
    }
    const all = await service.post(
      'ner/predict_batch',
      references.map(({ input }) => input),
    );
    const { problem, largest } = compareAnswers(
      references.map(({ output }) => output),
      all.body,
    );
    expect(problem).toBeUndefined();
    expect(largest).toBeLessThan(1e-4);
  });

  test('answers where `allennlp serve` did, and as Hugging Face does where a body has inputs', async () => {
    const response = await fetch(`${service.url}/predict`, {
      method: 'POST',
      body: JSON.stringify({ sentence: SENTENCE }),
      headers: { 'content-type': 'application/json' },
    });
    const own = await service.post('ner', { sentence: SENTENCE });
    expect(await response.json()).toEqual(own.body);
    const entities = await service.post('ner', { inputs: SENTENCE });
    expect(entities.body).toMatchObject([
      { entity_group: 'PER', word: 'Joel Smith', start: 0, end: 10 },
      { entity_group: 'LOC', word: 'Seattle', start: 20, end: 27 },
    ]);
    const objects = await service.post('ner', { inputs: [{ sentence: SENTENCE }] });
    expect(objects.body).toEqual([own.body]);
  });

  test.each([
    [{ sentence: '' }, 'sentence'],
    [{ sentense: 'x' }, 'sentence'],
    [{ inputs: { sentence: 1 } }, 'inputs.sentence'],
    [{ inputs: [{ sentence: 'x' }, {}] }, 'inputs[1].sentence'],
    [{ inputs: 'x', parameters: { unheard: 1 } }, 'parameters.unheard'],
  ])('refuses %j and names %s', async (body, field) => {
    const refused = await service.post('ner', body);
    expect(refused).toMatchObject({ status: 422, body: { field } });
  });

  test('cannot do another task, and says which it can', async () => {
    const response = await fetch(`${service.url}/pipeline/fill-mask/ner`, {
      method: 'POST',
      body: '{"inputs":"x"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'TASK_UNSUPPORTED',
      tasks: ['token-classification'],
    });
    const embedded = await service.post('ner/embed', { inputs: 'x' });
    expect(embedded.status).toBe(424);
  });

  test('is listed, described and proven', async () => {
    expect((await pilotlightHere('models', 'list')).stdout).toMatch(
      /ner +1\.0\.0 +crf_tagger +fp32 0\.1 MB +none +answers as AllenNLP in 6 cases/,
    );
    expect((await pilotlightHere('models', 'info', 'ner')).stdout).toMatch(
      /crf_tagger of AllenNLP, predictor sentence_tagger/,
    );
    const proven = await pilotlight('models', 'verify', '--json');
    expect(proven.code, proven.stderr).toBe(0);
    expect(JSON.parse(proven.stdout)).toMatchObject([
      { package: 'ner@1.0.0', proofs: [{ variant: 'fp32', goldens: 6 }] },
    ]);
    const listed = await (await fetch(`${service.url}/models/ner`)).json();
    expect(listed).toMatchObject({ runtime: 'allennlp', predictor: 'sentence_tagger', parity: { cases: 6 } });
    const document = JSON.parse(await (await fetch(`${service.url}/openapi.json`)).text());
    expect(document.paths['/models/{model}/predict_batch'].post.requestBody.content).toMatchObject({
      'application/json': { example: [{ sentence: SENTENCE }] },
    });
  });

  test('goes into a layer with everything that serving reads', () => {
    const { files, tier } = describePackage(packages, { name: 'ner' });
    expect(tier).toBe('lambda');
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['archive.json', 'vocabulary/labels.txt', 'fp32/model/model.onnx']),
    );
  });

  test('predicts in the terminal, and rows of a file of which a bad one does not stop the others', async () => {
    const { stdout } = await pilotlight('predict', '--model', 'ner', SENTENCE);
    expect(compareAnswers(first.output, JSON.parse(stdout)).problem).toBeUndefined();
    const rows = join(folder, 'rows.jsonl');
    const output = join(folder, 'answers.jsonl');
    writeFileSync(rows, `${JSON.stringify({ id: 7, sentence: SENTENCE })}\n{"sentence":""}\n`);
    const { code, stderr } = await pilotlight('batch', rows, '--model', 'ner', '--output', output);
    expect(code, stderr).toBe(0);
    const [good, bad] = readFileSync(output, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(good).toMatchObject({ row: 0, id: 7, output: { words: SENTENCE.split(' ') } });
    expect(bad).toMatchObject({ row: 1, error: { code: 'INVALID_INPUT' } });
  }, 30_000);

  test('predicts by a task of the model, and fields of the predictor by name', async () => {
    const predict = (...args: readonly string[]) => pilotlight('predict', '--model', 'ner', ...args);
    const spans = await predict('--task', 'token-classification', SENTENCE);
    expect(spans.stdout).toMatch(/\[Joel Smith\|PER\].*Seattle +LOC +20-27/s);
    const here = (...args: readonly string[]) => pilotlightHere('predict', '--model', 'ner', ...args);
    const field = await here('--input', `sentence=${SENTENCE}`, '--json');
    const text = await here(SENTENCE, '--json');
    const { inputs, result } = JSON.parse(field.stdout);
    expect(inputs).toEqual({ sentence: SENTENCE });
    expect(compareAnswers(first.output, result).problem).toBeUndefined();
    expect(text.stdout).toBe(field.stdout);
  }, 30_000);

  test.each([
    [['--context', 'x', 'y'], 'cannot do question-answering; it can do token-classification, predictor'],
    [['--top-k', '2', 'y'], '--top-k goes with a task of the model'],
    [['--input', 'sentence'], '--input takes NAME=VALUE'],
    [['{'], 'is not JSON'],
  ])('refuses %j in one line', async (args, message) => {
    const { code, stderr } = await pilotlightHere('predict', '--model', 'ner', ...args);
    expect(code).not.toBe(0);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
  });

  test('is timed by the inputs of its goldens, one a call and many a call', async () => {
    const { stdout, stderr } = await pilotlight('models', 'bench', 'ner', '--runs', '2', '--json');
    expect(JSON.parse(stdout || stderr)).toMatchObject({
      model: 'ner',
      latencies: [{ inputs: 1, inputsPerSecond: expect.any(Number) }, { inputs: 32 }],
    });
  });

  test('gives drift below 1 for its goldens, as a canary asks', async () => {
    const engine = new Engine({ packages });
    const model = await engine.model('ner');
    for (const _ of references) expect((await model.checkGolden?.())?.drift).toBeLessThan(1);
    await engine.dispose();
  });

  test('runs in a thread of its own where calls share batches, with the same answers', async () => {
    const engine = new Engine({ packages, sessions: 'worker', batching: 'dynamic' });
    const answers = await Promise.all(
      references.map(({ input }) => engine.predict('ner', input, {}, { task: 'predictor' })),
    );
    for (const [index, { results }] of answers.entries()) {
      expect(compareAnswers(references[index]?.output, results[0]).problem).toBeUndefined();
    }
    await engine.dispose();
  });

  test("takes JSON of the team's own through code around its model", async () => {
    const engine = new Engine({
      packages,
      archives: {
        ner: (model) => ({
          ...model,
          read: (input, field) => model.read({ sentence: Object(input).text }, field),
          answer: (input, instances, outputs) => ({ tags: model.answer(input, instances, outputs).tags }),
        }),
      },
    });
    const { results } = await engine.predict('ner', { text: SENTENCE }, {}, { task: 'predictor' });
    expect(results).toEqual([{ tags: ['B-PER', 'L-PER', 'O', 'O', 'U-LOC', 'O'] }]);
    await engine.dispose();
  });

  test('is refused where a file of it differs from its manifest', async () => {
    const copy = join(packages, 'tampered/1.0.0');
    cpSync(join(packages, 'ner/1.0.0'), copy, { recursive: true });
    const manifest = join(copy, 'model.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"name": "ner"', '"name": "tampered"'));
    const file = join(copy, 'vocabulary/labels.txt');
    writeFileSync(file, readFileSync(file, 'utf8').replace('O', 'X'));
    const refused = await service.post('tampered', { sentence: SENTENCE });
    expect(refused).toMatchObject({ status: 500, body: { code: 'PACKAGE_CORRUPT' } });
  }, 30_000);
});

describe('add', () => {
  test('packages nothing where AllenNLP answered otherwise, and names the places', async () => {
    const other = join(folder, 'other.jsonl');
    const changed = JSON.stringify(first).replace('"U-LOC"', '"O"');
    writeFileSync(other, `${changed}\n`);
    const { code, stderr } = await add('--name', 'wrong', '--reference', other, '--quiet');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/1 of 1 references otherwise .*\n.*line 1: \.tags\[4\] is "U-LOC" instead of "O"/);
    expect((await pilotlightHere('models', 'list')).stdout).not.toContain('wrong');
  }, 30_000);

  test("refuses a predictor of the team's own by its name, and says what to do", async () => {
    const { code, stderr } = await add('--name', 'own', '--predictor', 'my_predictor');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/predictor 'my_predictor' is not one of AllenNLP's.*put your code around it/s);
  });
});
