/** The task text2text-generation of models that generate text. */
import { invalidParameter } from '../../../../tasks/refusals.ts';
import type { JsonObject, TaskShape } from '../../archive-model.ts';
import { invalidInput } from '../../input-fields.ts';

/** `textOf` finds the text in what the predictor answers. */
export function generatedText(textOf: (answer: JsonObject) => string): TaskShape {
  return {
    name: 'text2text-generation',
    toPredictor(input, field) {
      if (typeof input === 'string') return { source: input };
      throw invalidInput(field, 'must be a text');
    },
    fromAnswer(answer, _input, parameters) {
      const [name] = Object.keys(parameters);
      if (name !== undefined) {
        throw invalidParameter(name, 'is not known; the beam search is that of the archive');
      }
      return { generated_text: textOf(answer) };
    },
  };
}
