/** esim: a label for a premise and a hypothesis. */
import { argmax } from '../../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { outputRows } from '../graph-outputs.ts';
import { stack } from '../instance.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { dependsOnPadding } from './embedders.ts';
import { labelTask } from './label-task.ts';
import { openPairFields, type PairMetadata, requireWords } from './pair-fields.ts';

interface Output {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

export const esim: ArchiveModelDefinition = {
  type: 'esim',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<PairMetadata, Output> {
  const read = openPairFields(archive);
  const label = (index: number) => archive.vocabulary.token(index, 'labels') ?? String(index);
  return {
    runsAlone: dependsOnPadding(archive.config.model.text_field_embedder),
    async read(input, field) {
      const instance = await read(input, field);
      requireWords(instance, 'premise', field);
      requireWords(instance, 'hypothesis', field);
      return [instance];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputRows(outputs, 'label_logits');
      const probabilities = outputRows(outputs, 'label_probs');
      return batch.map((_, row) => ({
        logits: [...logits(row)],
        probabilities: [...probabilities(row)],
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
