import { describe, expect, it } from 'vitest';
import {
  ANSWER_BY,
  chooseAbility,
  type NumericMetadata,
} from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/drop-answers.ts';
import { readText } from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/passage-reader.ts';

const passage = readText('😀 won 12 of 20', [
  { text: '😀', idx: 0 },
  { text: 'won', idx: 2 },
  { text: '12', idx: 6 },
  { text: 'of', idx: 9 },
  { text: '20', idx: 12 },
]);
const question = readText('How many lost?', [
  { text: 'How', idx: 0 },
  { text: 'many', idx: 4 },
  { text: 'lost', idx: 9 },
  { text: '?', idx: 13 },
]);
const metadata: NumericMetadata = {
  passage,
  question,
  numbers: [
    { value: 12, index: 2 },
    { value: 20, index: 4 },
  ],
};
const tensor = (dims: readonly number[], ...values: number[]) => ({ dims, data: Float32Array.from(values) });

describe('the answers of naqanet', () => {
  it('come by the ability with the greatest score of the instance', () => {
    const outputs = { answer_ability_logits: tensor([2, 2], 3, 1, 0, 2) };
    const abilities = ['counting', 'addition_subtraction'] as const;
    expect(chooseAbility(abilities, outputs, 0)).toBe('counting');
    expect(chooseAbility(abilities, outputs, 1)).toBe('addition_subtraction');
    expect(chooseAbility(['counting'], {}, 0)).toBe('counting');
  });

  it('are sums of numbers with their signs, of which padding has no part', () => {
    // Left out, added, subtracted: 20 - 12. The third number is that which stands in place of none.
    const signs = tensor([1, 3, 3], ...[0, 1, 2], ...[0, 2, 1], ...[0, 9, 0]);
    expect(ANSWER_BY.addition_subtraction({ number_sign_logits: signs }, 0, metadata)).toEqual({
      answer_type: 'arithmetic',
      numbers: [
        { span: [6, 8], value: 12, sign: -1 },
        { span: [12, 14], value: 20, sign: 1 },
      ],
      value: 8,
    });
  });

  it('are counts from 0 to 9', () => {
    const counts = tensor([1, 10], ...new Array<number>(10).fill(0).with(7, 1));
    expect(ANSWER_BY.counting({ count_number_logits: counts }, 0, metadata)).toEqual({
      answer_type: 'count',
      count: 7,
    });
  });

  it('are spans of the passage or the question, with offsets in code points', () => {
    // The batch has a longer passage: what is behind the fifth word is padding.
    const outputs = {
      passage_span_start_logits: tensor([1, 6], 0, 0, 5, 0, 0, 9),
      passage_span_end_logits: tensor([1, 6], 0, 0, 0, 0, 5, 9),
      question_span_start_logits: tensor([1, 4], 0, 1, 0, 0),
      question_span_end_logits: tensor([1, 4], 0, 0, 1, 0),
    };
    expect(ANSWER_BY.passage_span_extraction(outputs, 0, metadata)).toEqual({
      answer_type: 'passage_span',
      value: '12 of 20',
      spans: [[6, 14]],
    });
    expect(ANSWER_BY.question_span_extraction(outputs, 0, metadata)).toEqual({
      answer_type: 'question_span',
      value: 'many lost',
      spans: [[4, 13]],
    });
  });
});
