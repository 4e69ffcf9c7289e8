/** token-classification of Hugging Face for models that tag words: spans of words with the places where they stand in the text. */
import * as z from 'zod/mini';
import { groupEntities, type Labelled } from '../../../tasks/entities.ts';
import { offsetsIn, offsetUnit } from '../../../tasks/spans.ts';
import { oneText } from '../../../tasks/text-input.ts';
import type { JsonObject, TaskShape } from '../archive-model.ts';
import { invalidInput } from '../input-fields.ts';
import { locateWords } from './locate-words.ts';
import { shapeParameters } from './shape-parameters.ts';

const MOST_IGNORED = 1000;

const parameters = z.strictObject({
  /** `none` gives every word by itself; words are whole, so that the other strategies are one. */
  aggregation_strategy: z._default(z.enum(['none', 'simple', 'first', 'average', 'max']), 'simple'),
  ignore_labels: z._default(z.array(z.string()).check(z.maxLength(MOST_IGNORED)), ['O']),
  offset_unit: offsetUnit,
});

const tagged = z.object({ words: z.array(z.string()), tags: z.array(z.string()) });

interface EntityTask {
  readonly labels: readonly string[];
  /** The probability of the tag of each word. */
  scores(answer: JsonObject, tags: readonly string[]): readonly number[];
}

export function entityTask({ labels, scores }: EntityTask): TaskShape {
  return {
    name: 'token-classification',
    toPredictor(input, field) {
      if (typeof input !== 'string') throw invalidInput(field, 'must be a text');
      return { sentence: input };
    },
    fromAnswer(answer, input, given) {
      const { aggregation_strategy, ignore_labels, offset_unit } = shapeParameters(parameters, given);
      const text = oneText.parse(input);
      const { words, tags } = tagged.parse(answer);
      const probabilities = scores(answer, tags);
      const places = locateWords(text, words);
      const labelled = places.map((place, i) => ({
        ...place,
        label: tags[i] ?? '',
        score: probabilities[i] ?? Number.NaN,
      }));
      const offset = offsetsIn(text, offset_unit);
      const ignored = new Set(ignore_labels);
      const describePlace = ({ start, end }: Labelled) => ({
        word: text.slice(start, end),
        start: offset(start),
        end: offset(end),
      });
      if (aggregation_strategy === 'none') {
        return labelled.flatMap((part, index) =>
          ignored.has(part.label)
            ? []
            : [{ entity: part.label, score: part.score, index, token: words[index], ...describePlace(part) }],
        );
      }
      return groupEntities(labelled, labels)
        .filter(({ label }) => !ignored.has(label))
        .map((group) => ({ entity_group: group.label, score: group.score, ...describePlace(group) }));
    },
  };
}
