import { expect, it } from 'vitest';
import { AnswerSize } from '../../../layers/engine/src/predict/answer-size.ts';
import { predictorOf } from './fakes.ts';

const outputs = (numbers: number) => ({
  encoding: { ids: [], typeIds: [], spans: [], specialTokensMask: [], untruncatedLength: 0 },
  outputs: { hidden_states: { dims: [numbers], data: new Float32Array(numbers) } },
});

it('outputs count 20 bytes a number, and the one that is too many is refused', () => {
  const size = new AnswerSize(2000);
  size.addOutputs(outputs(60));
  size.addOutputs(outputs(40));
  expect(() => size.addOutputs(outputs(1))).toThrow(expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }));
});

it('results count about as many bytes as their JSON has, whatever they are made of', () => {
  const results = [
    Array.from({ length: 100 }, (_, i) => i + 0.1234567890123456),
    [{ label: 'POSITIVE', score: 0.9876543210987654 }],
    Array.from({ length: 50 }, (_, i) => ({ sequence: 'a longer text '.repeat(20), token: i, score: 0.5 })),
    { labels: ['a', 'b'], scores: [0.1, 0.2] },
    null,
    undefined,
  ];
  for (const result of results) {
    const bytes = JSON.stringify(result ?? null).length;
    expect(() => new AnswerSize(bytes * 8 + 20).addResult(result)).not.toThrow();
    expect(() => new AnswerSize(bytes * 0.6).addResult(result)).toThrow(
      'The answer would have more than 0 MB',
    );
  }
});

it.each([
  ['a text, 4 bytes more than its length', 'abc', 7],
  ['a number', 0.5, 20],
  ['a list of numbers, whose places have no names', [1, 2, 3], 60],
  ['an object, 4 bytes more than its names and its values', { label: 'abc', score: 0.5 }, 45],
  ['a list of texts', ['abc', 'd'], 22],
])('a result counts as %s', (_title, result, bytes) => {
  expect(() => new AnswerSize(bytes).addResult(result)).not.toThrow();
  expect(() => new AnswerSize(bytes - 1).addResult(result)).toThrow(
    expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }),
  );
});

it('results are not looked at where an answer has no bound', () => {
  const looked: string[] = [];
  const result = {
    get text() {
      looked.push('text');
      return '';
    },
  };
  new AnswerSize().addResult(result);
  expect(looked).toEqual([]);
  new AnswerSize(100).addResult(result);
  expect(looked).toEqual(['text']);
});

it('the refusal names the most that an answer may have, in whole megabytes', () => {
  expect(() => new AnswerSize(6_900_000).addNumbers(345_001)).toThrow('more than 6 MB');
});

it('a call whose answer grows too large ends at the input that makes it so', async () => {
  const predictor = predictorOf();
  const texts = Array.from({ length: 20 }, () => 'a text');
  const one = JSON.stringify((await predictor.predict(texts.slice(0, 1))).results).length;
  const ask = (maxAnswerBytes: number) => predictor.prepare(texts, {}, { limits: { maxAnswerBytes } });
  await expect((await ask(one * 3)).run()).rejects.toMatchObject({ code: 'ANSWER_TOO_LARGE' });
  expect((await (await ask(one * 100)).run()).results).toHaveLength(20);
});
