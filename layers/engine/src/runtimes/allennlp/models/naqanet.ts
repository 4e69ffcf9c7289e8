/** naqanet: answers with a span of the passage or of the question, with a sum of numbers of the passage, or with a count. */
import * as z from 'zod/mini';
import {
  type ArchiveModel,
  type ArchiveModelDefinition,
  eraseModel,
  type JsonObject,
} from '../archive-model.ts';
import { LOWEST } from '../decoding/best-span.ts';
import { matrixOf } from '../graph-outputs.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import { training } from '../text/readers/reader-params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { wordsOf } from '../text/token.ts';
import {
  ABILITIES,
  type Ability,
  ANSWER_BY,
  chooseAbility,
  type NumericMetadata,
} from './reading/drop-answers.ts';
import { numberOf, splitAtHyphens } from './reading/drop-words.ts';
import { openPassageReader, passageParams } from './reading/passage-reader.ts';

const modelSchema = z.looseObject({
  answering_abilities: z.nullish(z.array(z.enum(ABILITIES)).check(z.minLength(1))),
});
const readerSchema = z.strictObject({
  ...passageParams,
  type: z.literal('drop'),
  // The other formats leave out the numbers, which the model reads.
  instance_format: z.optional(z.literal('drop')),
  skip_when_all_empty: training,
  relaxed_span_match_for_finding_labels: training,
});

interface NumericOutput {
  readonly attention: readonly Float32Array[];
  readonly answer: JsonObject;
}

/** The loss of an input without the right answer, which AllenNLP's predictor answers too. */
const LOSS_WITHOUT_ANSWER = -LOWEST;

export const naqanet: ArchiveModelDefinition = {
  type: 'naqanet',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<NumericMetadata, NumericOutput> {
  const { answering_abilities: named } = parseParams(modelSchema, archive.config.model, 'model');
  const abilities: readonly Ability[] = named ?? ABILITIES;
  const options = parseParams(readerSchema, archive.config.reader, 'dataset_reader');
  const reader = openPassageReader(archive, { ...options, divide: splitAtHyphens });
  return {
    async read(input, field) {
      const { tensors, passage, question } = await reader.read(input, field);
      const numbers = passage.tokens.flatMap(({ text }, index) => {
        const value = numberOf(text);
        return value === undefined ? [] : [{ value, index }];
      });
      // AllenNLP adds a number 0 at place -1, so that there is always one.
      const indices = BigInt64Array.from([...numbers.map(({ index }) => index), -1], BigInt);
      const number_indices = { dims: [indices.length, 1], data: indices, padding: -1 };
      return [{ tensors: { ...tensors, number_indices }, metadata: { passage, question, numbers } }];
    },

    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      return batch.map(({ metadata }, index) => {
        const { passage, question } = metadata;
        const ability = chooseAbility(abilities, outputs, index) ?? 'passage_span_extraction';
        return {
          attention: matrixOf(outputs, 'passage_question_attention', index, [
            passage.tokens.length,
            question.tokens.length,
          ]),
          answer: ANSWER_BY[ability](outputs, index, metadata),
        };
      });
    },

    answer(_input, [instance], [output]) {
      if (!instance || !output) return {};
      const { passage, question } = instance.metadata;
      return {
        loss: LOSS_WITHOUT_ANSWER,
        question_id: 'None',
        answer: output.answer,
        passage_question_attention: output.attention.map((row) => [...row]),
        question_tokens: wordsOf(question.tokens),
        passage_tokens: wordsOf(passage.tokens),
      };
    },
  };
}
