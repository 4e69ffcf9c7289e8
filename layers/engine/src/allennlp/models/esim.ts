/** esim: a label for a premise and a hypothesis. */
import { argmax } from '../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { stack } from '../instance.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { fieldLength } from './field-length.ts';
import { labelTask } from './label-task.ts';
import { outputOf, rowOf } from './output-rows.ts';
import { openPairReader, type PairMetadata } from './pair-reader.ts';
import { withoutWords } from './sentence-reader.ts';

interface Output {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

export const esim: ArchiveModelDefinition = {
  type: 'esim',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<PairMetadata, Output> {
  const reader = openPairReader(archive);
  const label = (index: number) => archive.vocabulary.token(index, 'labels') ?? String(index);
  return {
    async read(input, field) {
      const instance = await reader.read(input, field);
      for (const text of ['premise', 'hypothesis']) {
        if (fieldLength(instance, text) === 0) throw withoutWords(`${field}.${text}`);
      }
      return [instance];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputOf(outputs, 'label_logits');
      const probabilities = outputOf(outputs, 'label_probs');
      return batch.map((_, row) => ({
        logits: [...rowOf(logits, row)],
        probabilities: [...rowOf(probabilities, row)],
      }));
    },
    answer: (_input, _instances, [output]) => ({
      label_logits: output?.logits ?? [],
      label_probs: output?.probabilities ?? [],
      label: label(argmax(output?.probabilities ?? [])),
    }),
    tasks: [labelTask({ key: 'label_probs', label, pair: ['premise', 'hypothesis'] })],
  };
}
