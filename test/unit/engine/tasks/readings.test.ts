/** What is counted of an answer, whatever the parameters of the call say of its form. */
import { describe, expect, it } from 'vitest';
import type { TaskContext, TaskName } from '../../../../layers/engine/src/ports.ts';
import { taskFor } from '../../../../layers/engine/src/tasks/index.ts';
import { windowOf } from './task-inputs.ts';

const near = (value: number) => expect.closeTo(value, 6);

describe('of an answer of labels', () => {
  const labels = ['low', 'middle', 'high'];
  const ofLogits = (
    logits: readonly number[],
    context: Pick<TaskContext, 'labels' | 'taskDefaults'> = { labels },
  ) => taskFor('text-classification').reading?.([], [[windowOf({ logits })]], context);

  it('the best label, its probability and how evenly all are spread are counted', () => {
    // 1/4, 1/2 and 1/4: an entropy of 1.5 bits of log2(3).
    expect(ofLogits([7, 7 + Math.log(2), 7])).toEqual({
      labels: ['middle'],
      confidence: near(1 / 2),
      entropy: near(1.5 / Math.log2(3)),
    });
    expect(ofLogits([0, 0, 0])).toEqual({ labels: ['low'], confidence: near(1 / 3), entropy: near(1) });
    expect(ofLogits([-900, 0, 900])).toEqual({ labels: ['high'], confidence: 1, entropy: 0 });
  });

  it('nothing is spread over a single label', () => {
    const taskDefaults = { functionToApply: 'softmax' as const };
    expect(ofLogits([2], { labels: ['only'], taskDefaults })).toEqual({ labels: ['only'], confidence: 1 });
  });

  it('the surest label is counted where each is true or not by itself', () => {
    const context = { labels, taskDefaults: { functionToApply: 'sigmoid' as const } };
    expect(ofLogits([-1, 0, Math.log(3)], context)).toEqual({ labels: ['high'], confidence: near(3 / 4) });
    expect(ofLogits([0, -1, -2], context)).toEqual({ labels: ['low'], confidence: near(1 / 2) });
  });

  it('the probability alone is counted where there is one label', () => {
    expect(ofLogits([Math.log(3)], { labels: ['toxic'] })).toEqual({ confidence: near(3 / 4) });
    expect(ofLogits([Math.log(1 / 4)], { labels: ['toxic'] })).toEqual({ confidence: near(1 / 5) });
  });

  it('nothing is counted where the numbers are no probabilities', () => {
    expect(ofLogits([1, 2, 3], { labels, taskDefaults: { functionToApply: 'none' } })).toEqual({});
  });

  it('what is no number is refused', () => {
    expect(() => ofLogits([Number.NaN, 1, 2])).toThrow('The model gave logits');
    expect(() => taskFor('text-classification').reading?.([], [], { labels })).toThrow(
      'no output for logits',
    );
  });
});

describe('of spans', () => {
  const ofSpans = (spans: readonly object[]) =>
    taskFor('token-classification').reading?.(spans, [], { labels: [] });

  it('the labels in their order and the mean of the scores are counted', () => {
    expect(
      ofSpans([
        { entity_group: 'PER', score: 0.5 },
        { entity_group: 'B-side', score: 0.75 },
        { entity_group: 'PER', score: 1 },
      ]),
    ).toEqual({ labels: ['PER', 'B-side', 'PER'], confidence: 0.75 });
  });

  it('a label of a token is counted without the prefix that says where it stands', () => {
    const entity = (label: string) => ({ entity: label, score: 0.5 });
    expect(ofSpans([entity('B-PER'), entity('I-PER'), entity('geo-B-x'), entity('O')])).toEqual({
      labels: ['PER', 'PER', 'geo-B-x', 'O'],
      confidence: 0.5,
    });
  });

  it('a text without any is counted as one outside of them, which has no score', () => {
    expect(ofSpans([])).toEqual({ labels: ['O'] });
  });
});

describe('of answers to a question', () => {
  const ofAnswer = (answer: unknown) => taskFor('question-answering').reading?.(answer, [], { labels: [] });
  const answer = (score: number) => ({ answer: 'rome', score, start: 0, end: 4 });

  it('the score of the best is counted, of one as of a list', () => {
    expect(ofAnswer(answer(0.25))).toEqual({ confidence: 0.25 });
    expect(ofAnswer([answer(0.5), answer(0.25)])).toEqual({ confidence: 0.5 });
  });

  it('a list of none has a score of 0', () => {
    expect(ofAnswer([])).toEqual({ confidence: 0 });
  });
});

it.each<TaskName>([
  'fill-mask',
  'zero-shot-classification',
  'feature-extraction',
  'sentence-similarity',
  'text-ranking',
])('of %s nothing is counted', (name) => {
  expect(taskFor(name).reading).toBeUndefined();
});
