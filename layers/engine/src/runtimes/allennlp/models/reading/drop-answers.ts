/** The answers of naqanet by its abilities, as AllenNLP's predictor shows them. */

import { argmax } from '../../../../math/activations.ts';
import type { Outputs } from '../../../../ports.ts';
import type { JsonObject } from '../../archive-model.ts';
import { bestSpan } from '../../decoding/best-span.ts';
import { matrixOf, rowOf } from '../../graph-outputs.ts';
import { type PassageMetadata, type ReadText, sliceText, spanOf } from './passage-reader.ts';

export const ABILITIES = [
  'passage_span_extraction',
  'question_span_extraction',
  'addition_subtraction',
  'counting',
] as const;
export type Ability = (typeof ABILITIES)[number];

/** A number of the passage and the place of its word. */
export interface PassageNumber {
  readonly value: number;
  readonly index: number;
}

export interface NumericMetadata extends PassageMetadata {
  readonly numbers: readonly PassageNumber[];
}

/** What a number is multiplied by, by its most probable class: it is left out, added, subtracted. */
const SIGNS = [0, 1, -1];
/** Counts from 0 to 9. */
const COUNTS = 10;

/** The ability that the model takes for instance `index` of a batch. */
export function chooseAbility(
  abilities: readonly Ability[],
  outputs: Outputs,
  index: number,
): Ability | undefined {
  if (abilities.length === 1) return abilities[0];
  return abilities[argmax(rowOf(outputs, 'answer_ability_logits', index, abilities.length))];
}

type Answer = (outputs: Outputs, index: number, metadata: NumericMetadata) => JsonObject;

export const ANSWER_BY: Readonly<Record<Ability, Answer>> = {
  passage_span_extraction: (outputs, index, { passage }) => ({
    answer_type: 'passage_span',
    ...spanAnswer(outputs, 'passage_span', index, passage),
  }),

  question_span_extraction: (outputs, index, { question }) => ({
    answer_type: 'question_span',
    ...spanAnswer(outputs, 'question_span', index, question),
  }),

  addition_subtraction(outputs, index, { passage, numbers }) {
    const classes = matrixOf(outputs, 'number_sign_logits', index, [numbers.length, SIGNS.length]);
    const signed = numbers.map(({ value, index: place }, at) => ({
      span: spanOf(passage, place, place),
      value,
      sign: SIGNS[argmax(classes[at] ?? [])] ?? 0,
    }));
    return {
      answer_type: 'arithmetic',
      numbers: signed,
      // A sum of -0 is 0 in Python, whose whole numbers have no sign there.
      value: signed.reduce((sum, { value, sign }) => sum + sign * value, 0),
    };
  },

  counting: (outputs, index) => ({
    answer_type: 'count',
    count: argmax(rowOf(outputs, 'count_number_logits', index, COUNTS)),
  }),
};

function spanAnswer(outputs: Outputs, name: string, index: number, text: ReadText): JsonObject {
  const logits = (end: 'start' | 'end') => rowOf(outputs, `${name}_${end}_logits`, index, text.tokens.length);
  const { start, end } = bestSpan(logits('start'), logits('end'));
  const span = spanOf(text, start, end);
  return { value: sliceText(text, span), spans: [span] };
}
