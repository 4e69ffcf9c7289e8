/** crf_tagger: the best sequence of tags, or the best ones, by Viterbi's algorithm. */
import * as z from 'zod/mini';
import { at, softmax } from '../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { CrfViterbi, type ScoredPath } from '../decoding/crf-viterbi.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { entityTask } from './entity-task.ts';
import { fieldLength } from './field-length.ts';
import { labelNames } from './label-names.ts';
import { outputOf, rowOf, toLists } from './output-rows.ts';
import { openSentenceReader, type SentenceMetadata } from './sentence-reader.ts';

const params = z.object({
  label_namespace: z._default(z.string(), 'labels'),
  top_k: z._default(z.int().check(z.positive()), 1),
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

function openModel(archive: TextArchive): ArchiveModel<SentenceMetadata, Output> {
  const { label_namespace: namespace, top_k: topK } = parseParams(params, archive.config.model, 'model');
  const reader = openSentenceReader(archive);
  const labels = labelNames(archive.vocabulary, namespace);
  let decoder: CrfViterbi | undefined;
  const named = (tags: readonly number[]) => tags.map((tag) => labels[tag] ?? '');
  return {
    read: reader.read,
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputOf(outputs, 'logits');
      const mask = outputOf(outputs, 'mask');
      decoder ??= new CrfViterbi(outputOf(outputs, 'transitions').data, labels.length, topK);
      const viterbi = decoder;
      const [, tokens = 0] = mask.dims;
      return batch.map((_, row) => ({
        logits: rowOf(logits, row),
        mask: rowOf(mask, row),
        paths: viterbi.decode(logits.data, row * tokens * labels.length, mask.data, row * tokens, tokens),
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
