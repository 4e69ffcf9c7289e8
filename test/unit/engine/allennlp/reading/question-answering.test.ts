import { describe, expect, it } from 'vitest';
import { answerSpan } from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/question-answering.ts';

const context = 'The 😀 is a smile, a smile.';
const answer = {
  best_span: [4, 6],
  span_start_probs: [0, 0, 0, 0, 0.5, 0, 0, 0, 0],
  span_end_probs: [0, 0, 0, 0, 0, 0, 0.25, 0, 0],
  passage_tokens: ['The', '😀', 'is', 'a', 'smile', ',', 'a', 'smile', '.'],
};

describe('question answering by a model of AllenNLP', () => {
  it('has the context for the passage', () => {
    expect(answerSpan.toPredictor({ question: 'q', context: 'c' }, 'inputs')).toEqual({
      question: 'q',
      passage: 'c',
    });
    expect(() => answerSpan.toPredictor({ question: 'q' }, 'inputs[1]')).toThrow('inputs[1]');
  });

  it('answers with the best span, its place and the product of its probabilities', () => {
    const found = answerSpan.fromAnswer(answer, { question: 'q', context }, {});
    expect(found).toEqual({ score: 0.125, start: 12, end: 20, answer: 'smile, a' });
    expect(context.slice(12, 20)).toBe('smile, a');
    const inCodePoints = answerSpan.fromAnswer(
      answer,
      { question: 'q', context },
      { offset_unit: 'codepoint', top_k: 1 },
    );
    expect(inCodePoints).toMatchObject({ start: 11, end: 19 });
  });

  it('answers nothing for a span of the word that stands for no answer', () => {
    const none = {
      best_span: [2, 2],
      span_start_probs: [0, 0, 1],
      span_end_probs: [0, 0, 1],
      passage_tokens: ['a', 'b', '@@<NO_ANSWER>@@'],
    };
    expect(answerSpan.fromAnswer(none, { question: 'q', context: 'a b' }, {})).toEqual({
      score: 1,
      start: 3,
      end: 3,
      answer: '',
    });
  });

  it('refuses parameters that it does not know, by name', () => {
    const ask = (parameters: Record<string, unknown>) => () =>
      answerSpan.fromAnswer(answer, { question: 'q', context }, parameters);
    expect(ask({ max_answer_len: 3 })).toThrow('parameters.max_answer_len');
    expect(ask({ top_k: 2 })).toThrow('parameters.top_k: must be 1');
    expect(ask({ offset_unit: 'bytes' })).toThrow('parameters.offset_unit');
  });
});
