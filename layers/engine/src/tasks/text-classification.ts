/** One text in, labels with scores out, best first: the text-classification of Hugging Face pipelines. */
import * as z from 'zod/mini';
import { EngineError } from '../errors.ts';
import { sigmoid, softmax } from '../math/activations.ts';
import type { Task } from '../ports.ts';
import { outputData } from './output.ts';
import { commonParameters } from './parameters.ts';

const parameters = z.strictObject({
  ...commonParameters,
  /** How many labels to give; all of them where it is null. */
  top_k: z._default(z.nullable(z.int().check(z.positive())), null),
  /** What turns logits into scores. @default - the model's own, or softmax */
  function_to_apply: z.optional(z.enum(['softmax', 'sigmoid', 'none'])),
});
type Parameters = z.infer<typeof parameters>;

export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

const ACTIVATIONS = { softmax, sigmoid, none: (logits: ArrayLike<number>) => Float64Array.from(logits) };

export const textClassification: Task<string, Parameters, LabelScore[]> = {
  name: 'text-classification',
  input: z.string(),
  parameters,
  outputs: ['logits'],
  alignment: false,

  serves: ({ task }) => ['text-classification', 'zero-shot-classification', 'text-ranking'].includes(task),
  requests: (text) => [{ text }],

  result(_text, [windows], { top_k, function_to_apply }, { labels, taskDefaults }) {
    const logits = outputData(windows?.[0], 'logits');
    if (logits.length !== labels.length) {
      throw new EngineError(
        'PACKAGE_INVALID',
        `The model gave ${logits.length} logits, but its manifest has ${labels.length} labels.`,
      );
    }
    const activation = ACTIVATIONS[function_to_apply ?? taskDefaults?.functionToApply ?? 'softmax'];
    const scores = Array.from(activation(logits));
    return labels
      .map((label, i) => ({ label, score: scores[i] ?? Number.NaN }))
      .sort((a, b) => b.score - a.score)
      .slice(0, top_k ?? labels.length);
  },
};
