/** A text and candidate labels in, scores of the labels out, by a model that tells whether one text follows from another. */
import * as z from 'zod/mini';
import { EngineError } from '../errors.ts';
import { at, softmax } from '../math/activations.ts';
import type { Task, TaskModel } from '../ports.ts';
import { outputData } from './output.ts';
import { commonParameters } from './parameters.ts';

const parameters = z.strictObject({
  ...commonParameters,
  candidate_labels: z.array(z.string().check(z.minLength(1))).check(z.minLength(1)),
  /** Whether each label is true or not by itself; scores then do not sum to 1. */
  multi_label: z._default(z.boolean(), false),
  /** The sentence that is to follow from the text; `{}` is the label. */
  hypothesis_template: z._default(z.string().check(z.includes('{}')), 'This example is {}.'),
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
  input: z.string(),
  parameters,
  outputs: ['logits'],
  alignment: false,

  serves: (model) =>
    ['text-classification', 'zero-shot-classification'].includes(model.task) && entailmentOf(model) >= 0,
  requests: (text, { candidate_labels, hypothesis_template }) =>
    candidate_labels.map((label) => ({ text, pair: hypothesis_template.replace('{}', () => label) })),

  result(sequence, results, { candidate_labels, multi_label }, context) {
    const entailment = entailmentOf(context);
    if (entailment < 0)
      throw new EngineError('PACKAGE_INVALID', 'The manifest does not say which label means entailment.');
    const logits = results.map(([window]) => outputData(window, 'logits'));
    // As transformers has it: the other end of the labels.
    const contradiction = entailment === 0 ? context.labels.length - 1 : 0;
    const scores = multi_label
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

/** Index of the label that says "it follows", or -1. */
function entailmentOf({ labels, taskDefaults }: Pick<TaskModel, 'labels' | 'taskDefaults'>): number {
  const named = taskDefaults?.entailment;
  return labels.findIndex((label) => (named === undefined ? /^entail/i.test(label) : label === named));
}
