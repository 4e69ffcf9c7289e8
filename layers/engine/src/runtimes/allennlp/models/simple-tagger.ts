/** simple_tagger: the most probable tag of every word by itself. */
import * as z from 'zod/mini';
import { argmax, at } from '../../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { outputRows } from '../graph-outputs.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { dependsOnPadding, embedsIdsOnly } from './embedders.ts';
import { encodesNothing } from './encoders-of-nothing.ts';
import { entityTask } from './entity-task.ts';
import { fieldLength } from './field-length.ts';
import { labelNames } from './label-names.ts';
import { toLists } from './lists.ts';
import { openTaggerReader, type TaggerMetadata } from './tagger.ts';

const params = z.object({
  label_namespace: z._default(z.string(), 'labels'),
  encoder: z.unknown(),
  text_field_embedder: z.unknown(),
});

interface Output {
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
}

export const simpleTagger: ArchiveModelDefinition = {
  type: 'simple_tagger',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<TaggerMetadata, Output> {
  const {
    label_namespace: namespace,
    encoder,
    text_field_embedder,
  } = parseParams(params, archive.config.model, 'model');
  const answersNothing = encodesNothing(encoder, 'model.encoder') && embedsIdsOnly(text_field_embedder);
  const read = openTaggerReader(archive, answersNothing);
  const labels = labelNames(archive.vocabulary, namespace);
  return {
    read,
    runsAlone: dependsOnPadding(text_field_embedder),
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputRows(outputs, 'logits');
      const probabilities = outputRows(outputs, 'class_probabilities');
      return batch.map((_, row) => ({ logits: logits(row), probabilities: probabilities(row) }));
    },
    answer(_input, [instance], [output]) {
      const rows = instance ? fieldLength(instance, 'tokens') : 0;
      const lists = (data?: Float32Array) => (data ? toLists(data, labels.length, rows) : []);
      const probabilities = lists(output?.probabilities);
      return {
        logits: lists(output?.logits),
        class_probabilities: probabilities,
        words: instance?.metadata.words ?? [],
        tags: probabilities.map((row) => labels[argmax(row)] ?? ''),
      };
    },
    tasks: [
      entityTask({
        labels,
        scores: ({ class_probabilities }) =>
          z
            .array(z.array(z.number()))
            .parse(class_probabilities)
            .map((row) => at(row, argmax(row))),
      }),
    ],
  };
}
