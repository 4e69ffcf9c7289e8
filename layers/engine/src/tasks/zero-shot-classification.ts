/** A text and candidate labels in, scores of the labels out, by a model that tells whether one text follows from another. */

import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { at, softmax } from '../math/activations.ts';
import type { Task, TaskModel } from '../ports.ts';
import { finiteData } from './output.ts';
import { commonParameters } from './parameters.ts';
import { oneText } from './text-input.ts';

/** Labels of a call, whose number is bounded before any of them is read. */
const MOST_LABELS = 10_000;
const MOST_CHARACTERS = 100_000;

const labelList = z.array(z.string()).check(
  z.minLength(1, 'must have a label'),
  z.maxLength(MOST_LABELS),
  z.refine((labels) => labels.every((label) => label.trim() !== ''), 'must not have an empty label'),
  z.refine((labels) => new Set(labels).size === labels.length, 'must be distinct'),
);

/** Labels as Hugging Face pipelines take them: in a string, commas part them, and blanks around them do not count. */
const candidateLabels = z.pipe(
  z.pipe(
    z.union(
      [z.string().check(z.maxLength(MOST_CHARACTERS)), z.array(z.string()).check(z.maxLength(MOST_LABELS))],
      `must be a list of labels, or a string with commas between them: ${MOST_LABELS} labels at most, ${MOST_CHARACTERS} characters of a string`,
    ),
    z.transform((labels) =>
      typeof labels === 'string'
        ? labels
            .split(',')
            .map((label) => label.trim())
            .filter((label) => label !== '')
        : labels,
    ),
  ),
  labelList,
);

const parameters = z.strictObject({
  ...commonParameters,
  /** The labels to choose from: a list, or a string with commas between them. */
  candidate_labels: candidateLabels,
  /** Whether each label is true or not by itself; scores then do not sum to 1. */
  multi_label: z._default(z.boolean(), false),
  /** The sentence that is to follow from the text; `{}` is the label. */
  hypothesis_template: z._default(
    z.string().check(
      z.refine((template) => template.split('{}', 3).length === 2, 'must have {} once, where the label goes'),
      z.maxLength(1000, 'must have at most 1000 characters'),
    ),
    'This example is {}.',
  ),
});
type Parameters = z.infer<typeof parameters>;

/** `labels` and their `scores`, best first. */
export interface ZeroShot {
  readonly sequence: string;
  readonly labels: readonly string[];
  readonly scores: readonly number[];
}

export const zeroShotClassification: Task<string, Parameters, ZeroShot> = {
  name: 'zero-shot-classification',
  input: oneText,
  parameters,
  outputs: ['logits'],
  alignment: false,

  serves: (model) =>
    ['text-classification', 'zero-shot-classification'].includes(model.task) &&
    model.labels.length > 1 &&
    findEntailment(model) >= 0,
  *requests(text, { candidate_labels, hypothesis_template }) {
    for (const label of candidate_labels)
      yield { text, pair: hypothesis_template.replace('{}', () => label) };
  },

  result(sequence, results, { candidate_labels, multi_label }, context) {
    const entailment = findEntailment(context);
    if (entailment < 0)
      throw new EngineError('PACKAGE_INVALID', 'The manifest does not say which label means entailment.');
    const logits = results.map(([window]) => finiteData(window, 'logits'));
    // Transformers takes the other end of the labels. One label by itself is true or not, never the best of one.
    const contradiction = entailment === 0 ? context.labels.length - 1 : 0;
    const scores =
      multi_label || candidate_labels.length === 1
        ? logits.map((row) => at(softmax([at(row, contradiction), at(row, entailment)]), 1))
        : [...softmax(logits.map((row) => at(row, entailment)))];
    const order = [...scores.keys()].sort((a, b) => at(scores, b) - at(scores, a));
    return {
      sequence,
      labels: order.map((index) => candidate_labels[index] ?? ''),
      scores: order.map((index) => at(scores, index)),
    };
  },
};

/** Finds the index of the label that says "it follows", or -1. */
function findEntailment({ labels, taskDefaults }: Pick<TaskModel, 'labels' | 'taskDefaults'>): number {
  const named = taskDefaults?.entailment;
  return labels.findIndex((label) => (named === undefined ? /^entail/i.test(label) : label === named));
}
