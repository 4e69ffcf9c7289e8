/** decomposable_attention: a label for a premise and a hypothesis, and which words of them are aligned. */
import * as z from 'zod/mini';
import { argmax } from '../../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { outputRows } from '../graph-outputs.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { dependsOnPadding, embedsIdsOnly } from './embedders.ts';
import { encodesNothing } from './encoders-of-nothing.ts';
import { fieldLength, paddedLength } from './field-length.ts';
import { labelTask } from './label-task.ts';
import { toLists } from './lists.ts';
import { openPairFields, type PairMetadata, requireWords } from './pair-fields.ts';

const params = z.object({
  premise_encoder: z.optional(z.unknown()),
  hypothesis_encoder: z.optional(z.unknown()),
});
const TEXTS = ['premise', 'hypothesis'] as const;

interface Output {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
  /** `[hypothesis, premise]` of the batch. */
  readonly toPremise: Float32Array;
  readonly toHypothesis: Float32Array;
  /** The padded lengths of the batch. */
  readonly premise: number;
  readonly hypothesis: number;
}

export const decomposableAttention: ArchiveModelDefinition = {
  type: 'decomposable_attention',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<PairMetadata, Output> {
  const read = openPairFields(archive);
  const { premise_encoder: first, hypothesis_encoder: second } = parseParams(
    params,
    archive.config.model,
    'model',
  );
  const idsOnly = embedsIdsOnly(archive.config.model.text_field_embedder);
  const raises = (encoder: unknown, path: string) =>
    !idsOnly || (encoder != null && !encodesNothing(encoder, path));
  const needsWords = {
    premise: raises(first, 'model.premise_encoder'),
    hypothesis: raises(second ?? first, 'model.hypothesis_encoder'),
  };
  const label = (index: number) => archive.vocabulary.token(index, 'labels') ?? String(index);
  return {
    runsAlone: dependsOnPadding(archive.config.model.text_field_embedder),
    async read(input, field) {
      const instance = await read(input, field);
      for (const text of TEXTS) {
        if (needsWords[text]) requireWords(instance, text, field);
      }
      return [instance];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputRows(outputs, 'label_logits');
      const probabilities = outputRows(outputs, 'label_probs');
      const toPremise = outputRows(outputs, 'h2p_attention');
      const toHypothesis = outputRows(outputs, 'p2h_attention');
      const premise = paddedLength(batch, 'premise');
      const hypothesis = paddedLength(batch, 'hypothesis');
      return batch.map((_, row) => ({
        logits: [...logits(row)],
        probabilities: [...probabilities(row)],
        toPremise: toPremise(row),
        toHypothesis: toHypothesis(row),
        premise,
        hypothesis,
      }));
    },
    answer(_input, [instance], [output]) {
      const premise = instance ? fieldLength(instance, 'premise') : 0;
      const hypothesis = instance ? fieldLength(instance, 'hypothesis') : 0;
      return {
        label_logits: output?.logits ?? [],
        label_probs: output?.probabilities ?? [],
        h2p_attention: output ? toLists(output.toPremise, output.premise, hypothesis, premise) : [],
        p2h_attention: output ? toLists(output.toHypothesis, output.hypothesis, premise, hypothesis) : [],
        ...(instance?.metadata.isKept && {
          premise_tokens: instance.metadata.premise,
          hypothesis_tokens: instance.metadata.hypothesis,
        }),
        label: label(argmax(output?.probabilities ?? [])),
      };
    },
    tasks: [labelTask({ key: 'label_probs', label, pair: ['premise', 'hypothesis'] })],
  };
}
