/** What a graph gives that is no number is no answer, whatever the task. */

import type { TaskName } from '@pilotlight/model-format';
import { expect, it } from 'vitest';
import { type Graph, predictorFor } from './task-model.ts';

interface Case {
  readonly graph: (value: number) => Graph;
  readonly input: unknown;
  readonly labels?: readonly string[];
  readonly parameters?: object;
}

const perToken =
  (role: 'logits' | 'hidden_states') =>
  (value: number): Graph =>
  (ids) => ({ [role]: ids.map(() => [value, 1]) });

const CASES: Record<TaskName, Case> = {
  'text-classification': {
    graph: (value) => () => ({ logits: [value, 1] }),
    labels: ['bad', 'good'],
    input: 'paris',
  },
  'token-classification': { graph: perToken('logits'), labels: ['O', 'B-city'], input: 'paris' },
  'question-answering': {
    graph: (value) => (ids) => ({ start_logits: ids.map(() => [1]), end_logits: ids.map(() => [value]) }),
    input: { question: 'paris', context: 'rome is big' },
  },
  'fill-mask': {
    graph: (value) => (ids) => ({ logits: ids.map(() => [value, ...Array.from({ length: 12 }, () => 1)]) }),
    input: 'paris is [MASK]',
  },
  'zero-shot-classification': {
    graph: (value) => () => ({ logits: [1, value] }),
    labels: ['contradiction', 'entailment'],
    input: 'paris',
    parameters: { candidate_labels: ['big', 'old'] },
  },
  'feature-extraction': { graph: perToken('hidden_states'), input: 'paris' },
  'sentence-similarity': {
    graph: perToken('hidden_states'),
    input: { source_sentence: 'paris', sentences: ['rome'] },
  },
  'text-ranking': {
    graph: (value) => () => ({ logits: [value] }),
    input: { query: 'paris', texts: ['rome'] },
  },
};

it.each(Object.entries(CASES))(
  '%s fails where a value is NaN or infinite',
  async (name, { graph, labels = [], input, parameters = {} }) => {
    const task = name as TaskName;
    const answered = async (value: number) =>
      (await predictorFor({ task, labels, graph: graph(value) })).predictor.predict(input, parameters);
    await expect(answered(2)).resolves.toMatchObject({ results: [expect.anything()] });
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(answered(value)).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    }
  },
);

it('a value that is not finite is an error of that row alone among many', async () => {
  const graph: Graph = (ids) => ({ logits: [ids.includes(6) ? Number.NaN : 1, 0] });
  const { predictor } = await predictorFor({ task: 'text-classification', labels: ['a', 'b'], graph });
  const { outcomes } = await predictor.predictEach(['paris', 'rome', 'paris']);
  expect(outcomes).toMatchObject([
    { result: expect.anything() },
    { error: { code: 'SESSION_FAILED' } },
    { result: expect.anything() },
  ]);
});
