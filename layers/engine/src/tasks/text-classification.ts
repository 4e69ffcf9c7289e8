/** One text or a pair in, labels with scores out, best first: the text-classification of Hugging Face pipelines. */

import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { argmax, at, sigmoid, softmax } from '../math/activations.ts';
import type { AnswerReading, Task } from '../ports.ts';
import { finiteData } from './output.ts';
import { commonParameters } from './parameters.ts';
import { type TextInput, textInput, toTokenRequest } from './text-input.ts';

const parameters = z.strictObject({
  ...commonParameters,
  /** How many labels to give; all of them where it is null. */
  top_k: z._default(z.nullable(z.int().check(z.positive())), null),
  /** The function that turns logits into scores. @default - the model's own; else sigmoid for a model of one label, and softmax */
  function_to_apply: z.optional(z.enum(['softmax', 'sigmoid', 'none'])),
});
type Parameters = z.infer<typeof parameters>;

export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

const ACTIVATIONS = { softmax, sigmoid, none: (logits: ArrayLike<number>) => Float64Array.from(logits) };

export const textClassification: Task<TextInput, Parameters, LabelScore[]> = {
  name: 'text-classification',
  input: textInput,
  parameters,
  outputs: ['logits'],
  alignment: false,

  serves: ({ task }) => ['text-classification', 'zero-shot-classification', 'text-ranking'].includes(task),
  requests: (input) => [toTokenRequest(input)],

  result(_input, [windows], { top_k, function_to_apply }, { labels, taskDefaults }) {
    const logits = finiteData(windows?.[0], 'logits');
    if (logits.length !== labels.length) {
      throw new EngineError(
        'PACKAGE_INVALID',
        `The model gave ${logits.length} logits, but its manifest has ${labels.length} labels.`,
      );
    }
    const usual = labels.length === 1 ? 'sigmoid' : 'softmax';
    const scores = ACTIVATIONS[function_to_apply ?? taskDefaults?.functionToApply ?? usual](logits);
    return labels
      .map((label, i) => ({ label, score: at(scores, i) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, top_k ?? labels.length);
  },

  reading(_result, [windows], { labels, taskDefaults }) {
    const logits = finiteData(windows?.[0], 'logits');
    const usual = labels.length === 1 ? 'sigmoid' : 'softmax';
    const activation = taskDefaults?.functionToApply ?? usual;
    if (activation === 'softmax') return readChoice(logits, labels);
    if (activation === 'none') return {};
    const best = argmax(logits);
    const confidence = at(sigmoid([at(logits, best)]), 0);
    return labels.length === 1 ? { confidence } : { confidence, labels: labels.slice(best, best + 1) };
  },
};

/**
 * Softmax, its largest score and its entropy, ln(sum) - sum of p x, without a logarithm for each label. The entropy is a share of the largest
 * possible one, which is 0 for one label: that has none.
 */
function readChoice(logits: Float32Array, labels: readonly string[]): AnswerReading {
  const best = argmax(logits);
  const largest = at(logits, best);
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < logits.length; i++) {
    const below = at(logits, i) - largest;
    const power = Math.exp(below);
    sum += power;
    weighted += power * below;
  }
  const entropy = (Math.log(sum) - weighted / sum) / Math.log(labels.length);
  const chosen = { labels: labels.slice(best, best + 1), confidence: 1 / sum };
  return labels.length > 1 ? { ...chosen, entropy } : chosen;
}
