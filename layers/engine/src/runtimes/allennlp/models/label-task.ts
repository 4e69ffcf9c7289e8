/** text-classification of Hugging Face for models that give one probability to each label. */
import * as z from 'zod/mini';
import { textInput } from '../../../tasks/text-input.ts';
import type { JsonObject, TaskShape } from '../archive-model.ts';
import { invalidInput } from '../input-fields.ts';
import { shapeParameters } from './shape-parameters.ts';

const parameters = z.strictObject({
  /** How many labels to give; all of them where it is null. */
  top_k: z._default(z.nullable(z.int().check(z.positive())), null),
});
const numbers = z.array(z.number());

interface LabelTask {
  /** The key of the answer that has the probabilities: `probs`. */
  readonly key: string;
  /** The label at a place of the probabilities. */
  label(index: number): string;
  /** The keys of the predictor for two texts; a model that reads one has none. */
  readonly pair?: readonly [string, string];
}

export function labelTask({ key, label, pair }: LabelTask): TaskShape {
  return {
    name: 'text-classification',
    toPredictor(input, field) {
      const given = textInput.safeParse(input).data;
      if (given === undefined)
        throw invalidInput(field, `must be a text, or {"text": "...", "text_pair": "..."}`);
      const { text, text_pair } = typeof given === 'string' ? { text: given } : given;
      if (!pair) {
        if (text_pair) throw invalidInput(`${field}.text_pair`, 'the model reads one text');
        return { sentence: text };
      }
      if (typeof text_pair !== 'string') {
        throw invalidInput(field, `must be {"text": "...", "text_pair": "..."}: the model reads two texts`);
      }
      return { [pair[0]]: text, [pair[1]]: text_pair };
    },
    fromAnswer(answer: JsonObject, _input, given) {
      const { top_k } = shapeParameters(parameters, given);
      return numbers
        .parse(answer[key])
        .map((score, index) => ({ label: label(index), score }))
        .sort((a, b) => b.score - a.score)
        .slice(0, top_k ?? undefined);
    },
  };
}
