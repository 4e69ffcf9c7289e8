/** `npm start`, called by the npm clients of Hugging Face and of OpenAI as they are published. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceClient } from '@huggingface/inference';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node, type Service, startService } from './command.ts';
import { addTaskModels } from './task-models.ts';

let packages: string;
let service: Service;
beforeAll(async () => {
  packages = mkdtempSync(join(tmpdir(), 'pilotlight-clients-'));
  await addTaskModels(packages);
  service = await startService(
    node('cli/src/main.ts', 'start', '--packages', packages, '--port', '0', '--quiet'),
  );
});
afterAll(async () => {
  await service.end('SIGTERM');
  rmSync(packages, { recursive: true });
});

const score = expect.any(Number);

describe('the client of Hugging Face runs', () => {
  const at = (path: string) => new InferenceClient('any', { endpointUrl: service.url + path });
  const client = (model: string) => at(`/models/${model}`);

  it('text-classification', async () => {
    const output = await client('reviews').textClassification({
      inputs: 'I love this',
      parameters: { top_k: 2, function_to_apply: 'sigmoid' },
    });
    expect(output.map(({ label }) => label).sort()).toEqual(['bad', 'good']);
  });

  it('token-classification', async () => {
    const output = await client('entities').tokenClassification({
      inputs: 'Ada wrote it',
      parameters: { aggregation_strategy: 'max', ignore_labels: ['O'], stride: 8 },
    });
    expect(output.length).toBeGreaterThan(0);
    for (const { entity_group } of output) expect(entity_group).toBe('PER');
  });

  it('question-answering, with every parameter that it has', async () => {
    const context = 'Ada Lovelace wrote the first program.';
    const output = await client('answers').questionAnswering({
      inputs: { question: 'who wrote it', context },
      parameters: {
        top_k: 1,
        doc_stride: 8,
        max_answer_len: 5,
        max_seq_len: 32,
        max_question_len: 16,
        handle_impossible_answer: false,
        align_to_words: true,
      },
    });
    expect(context.slice(output.start, output.end)).toBe(output.answer);
    expect(output.answer).not.toBe('');
  });

  it('question-answering for several answers, of which it reads the first', async () => {
    const inputs = { question: 'who', context: 'Ada wrote it' };
    const output = await client('answers').questionAnswering({ inputs, parameters: { top_k: 3 } });
    expect(output).toEqual({ answer: expect.any(String), score, start: score, end: score });
  });

  it('fill-mask', async () => {
    const output = await client('masks').fillMask({ inputs: 'it [MASK] so', parameters: { top_k: 3 } });
    expect(output).toHaveLength(3);
    for (const { token_str, sequence } of output) {
      expect(sequence.replaceAll(' ', '')).toContain((token_str ?? '').replace(/^##/, '').trim());
    }
  });

  it('zero-shot-classification', async () => {
    const output = await client('entailment').zeroShotClassification({
      inputs: 'play some jazz',
      parameters: {
        candidate_labels: ['music', 'weather', 'money'],
        multi_label: true,
        hypothesis_template: 'It is about {}.',
      },
    });
    expect(output.map(({ label }) => label).sort()).toEqual(['money', 'music', 'weather']);
    const scores = output.map(({ score: own }) => own);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('feature-extraction, with every option beside the inputs', async () => {
    const output = await client('encoder').featureExtraction({
      inputs: 'a text',
      normalize: true,
      truncate: true,
      truncation_direction: 'left',
      dimensions: 16,
      encoding_format: 'float',
    });
    const [tokens] = output as number[][][];
    for (const vector of tokens ?? []) {
      expect(vector).toHaveLength(16);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
  });

  it('sentence-similarity', async () => {
    const inputs = { source_sentence: 'a text', sentences: ['a text', 'another'] };
    const [same, other] = await client('encoder').sentenceSimilarity({ inputs });
    expect(same).toBeCloseTo(1, 5);
    expect(other).toBeLessThan(1);
  });

  it('a task that the path names', async () => {
    const inputs = { source_sentence: 'a text', sentences: ['a text'] };
    const [same] = await at('/pipeline/sentence-similarity/encoder').sentenceSimilarity({ inputs });
    expect(same).toBeCloseTo(1, 5);
    expect(await at('/pipeline/sentiment-analysis/reviews').textClassification({ inputs: 'a' })).toHaveLength(
      2,
    );
  });

  it('no task that the model cannot do, and reports our message', async () => {
    await expect(at('/pipeline/ner/reviews').tokenClassification({ inputs: 'a' })).rejects.toThrow(
      /cannot do token-classification/,
    );
  });
});

describe('the client of OpenAI', () => {
  const client = () => new OpenAI({ apiKey: 'any', baseURL: `${service.url}/v1`, maxRetries: 0 });

  it('reads embeddings as base64, which it asks for by itself, and as numbers, alike', async () => {
    const request = { model: 'encoder', input: ['a text', 'another text'] };
    const base64 = await client().embeddings.create(request);
    const float = await client().embeddings.create({ ...request, encoding_format: 'float' });
    expect(base64.data.map(({ index, object }) => [index, object])).toEqual([
      [0, 'embedding'],
      [1, 'embedding'],
    ]);
    for (const [i, { embedding }] of float.data.entries()) {
      expect(embedding).toHaveLength(32);
      for (const [j, value] of embedding.entries()) {
        expect(base64.data[i]?.embedding[j]).toBeCloseTo(value, 5);
      }
    }
    expect(float.usage.prompt_tokens).toBeGreaterThan(4);
    expect(float.usage.total_tokens).toBe(float.usage.prompt_tokens);
  });

  it('is told that ids of tokens are of another vocabulary, and sends as many texts as it may', async () => {
    for (const input of [
      [20, 30],
      [[20, 30], [40]],
    ]) {
      const refused = client().embeddings.create({ model: 'encoder', input } as never);
      await expect(refused).rejects.toBeInstanceOf(OpenAI.BadRequestError);
      await expect(refused).rejects.toMatchObject({ param: 'input', requestID: expect.any(String) });
    }
    const input = Array.from({ length: 2048 }, (_, i) => `text ${i % 7}`);
    const { data } = await client().embeddings.create({ model: 'encoder', input, dimensions: 4 });
    expect(data).toHaveLength(2048);
  });

  it('lists models, and gets one', async () => {
    const { data } = await client().models.list();
    expect(data.map(({ id }) => id)).toContain('encoder');
    expect(await client().models.retrieve('encoder')).toMatchObject({ id: 'encoder', object: 'model' });
  });

  it('raises the errors of its own for a model that is not there and for what is not valid', async () => {
    const missing = client().embeddings.create({ model: 'missing', input: 'a' });
    await expect(missing).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(missing).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', param: 'model' });
    const tooMany = client().embeddings.create({ model: 'encoder', input: 'a', dimensions: 1000 });
    await expect(tooMany).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(tooMany).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });
});
