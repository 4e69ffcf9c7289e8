/** decomposable_attention: a label for a premise and a hypothesis, and which words of them are aligned. */
import { argmax } from '../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { stack } from '../instance.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { fieldLength } from './field-length.ts';
import { labelTask } from './label-task.ts';
import { outputOf, rowOf, toLists } from './output-rows.ts';
import { openPairReader, type PairMetadata } from './pair-reader.ts';

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
  const reader = openPairReader(archive);
  const label = (index: number) => archive.vocabulary.token(index, 'labels') ?? String(index);
  return {
    read: async (input, field) => [await reader.read(input, field)],
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputOf(outputs, 'label_logits');
      const probabilities = outputOf(outputs, 'label_probs');
      const toPremise = outputOf(outputs, 'h2p_attention');
      const toHypothesis = outputOf(outputs, 'p2h_attention');
      const [, premise = 0, hypothesis = 0] = toHypothesis.dims;
      return batch.map((_, row) => ({
        logits: [...rowOf(logits, row)],
        probabilities: [...rowOf(probabilities, row)],
        toPremise: rowOf(toPremise, row),
        toHypothesis: rowOf(toHypothesis, row),
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
        premise_tokens: instance?.metadata.premise ?? [],
        hypothesis_tokens: instance?.metadata.hypothesis ?? [],
        label: label(argmax(output?.probabilities ?? [])),
      };
    },
    tasks: [labelTask({ key: 'label_probs', label, pair: ['premise', 'hypothesis'] })],
  };
}
