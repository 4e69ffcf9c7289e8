/** crf_tagger: the best sequence of tags, or the best ones, by Viterbi's algorithm. */
import * as z from 'zod/mini';
import { at, softmax } from '../../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { CrfViterbi, type ScoredPath } from '../decoding/crf-viterbi.ts';
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
  top_k: z._default(z.int().check(z.positive()), 1),
  encoder: z.unknown(),
  text_field_embedder: z.unknown(),
});

interface Output {
  readonly logits: Float32Array;
  readonly mask: Float32Array;
  readonly paths: readonly ScoredPath[];
}

export const crfTagger: ArchiveModelDefinition = {
  type: 'crf_tagger',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<TaggerMetadata, Output> {
  const {
    label_namespace: namespace,
    top_k: topK,
    encoder,
    text_field_embedder,
  } = parseParams(params, archive.config.model, 'model');
  // With several sequences AllenNLP scores the way from the start to the end, which says nothing: it is refused here.
  const answersNothing =
    topK === 1 && encodesNothing(encoder, 'model.encoder') && embedsIdsOnly(text_field_embedder);
  const read = openTaggerReader(archive, answersNothing);
  const labels = labelNames(archive.vocabulary, namespace);
  let decoder: CrfViterbi | undefined;
  const named = (tags: readonly number[]) => tags.map((tag) => labels[tag] ?? '');
  return {
    read,
    runsAlone: dependsOnPadding(text_field_embedder),
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputRows(outputs, 'logits');
      const mask = outputRows(outputs, 'mask');
      decoder ??= new CrfViterbi(outputRows(outputs, 'transitions'), labels.length, topK);
      const viterbi = decoder;
      return batch.map((_, row) => ({
        logits: logits(row),
        mask: mask(row),
        paths: viterbi.decode(logits(row), mask(row)),
      }));
    },
    answer(_input, [instance], [output]) {
      const rows = instance ? fieldLength(instance, 'tokens') : 0;
      const [best] = output?.paths ?? [];
      return {
        logits: output ? toLists(output.logits, labels.length, rows) : [],
        mask: Array.from(output?.mask.subarray(0, rows) ?? [], (value) => value !== 0),
        tags: named(best?.tags ?? []),
        ...(topK > 1 && {
          top_k_tags: (output?.paths ?? []).map(({ tags, score }) => ({ tags: named(tags), score })),
        }),
        words: instance?.metadata.words ?? [],
      };
    },
    tasks: [
      entityTask({
        labels,
        scores({ logits }, tags) {
          const rows = z.array(z.array(z.number())).parse(logits);
          return tags.map((tag, word) => at(softmax(rows[word] ?? []), labels.indexOf(tag)));
        },
      }),
    ],
  };
}
