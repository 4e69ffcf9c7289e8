/** coref: the mentions of a document that mean the same. */
import * as z from 'zod/mini';
import type { Outputs } from '../../../ports.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { fillAntecedents, findClusters, type Mention, spansToKeep } from '../decoding/coref-clusters.ts';
import { matrixOf, rowOf } from '../graph-outputs.ts';
import { invalidInput } from '../input-fields.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { openDocumentReader } from './reading/coref-document.ts';

const modelSchema = z.looseObject({
  spans_per_word: z.number(),
  max_antecedents: z.int().check(z.positive()),
  coarse_to_fine: z._default(z.boolean(), false),
});
type CorefOptions = Pick<z.infer<typeof modelSchema>, 'coarse_to_fine' | 'max_antecedents'>;

interface CorefMetadata {
  readonly words: readonly string[];
  /** The number of spans that are taken for mentions. */
  readonly mentions: number;
}

interface CorefOutput {
  readonly mentions: readonly Mention[];
  /** For each mention the mentions that were looked at, by their places. */
  readonly antecedents: readonly (readonly number[])[];
  /** For each mention the place of its antecedent among those, -1 where it has none. */
  readonly predicted: readonly number[];
}

export const coref: ArchiveModelDefinition = {
  type: 'coref',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<CorefMetadata, CorefOutput> {
  const options = parseParams(modelSchema, archive.config.model, 'model');
  const reader = openDocumentReader(archive);
  return {
    async read(input, field) {
      const { words, candidates, tensors } = await reader.read(input, field);
      const mentions = spansToKeep(options.spans_per_word, words.length, candidates.length);
      if (mentions === 0 || candidates.length < 2) {
        throw invalidInput(field, 'is too short: the model keeps no span of it as a mention');
      }
      return [{ tensors, metadata: { words, mentions } }];
    },

    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      return batch.map(({ metadata }, index) => outputFor(outputs, index, metadata.mentions, options));
    },

    answer(_input, [instance], [output]) {
      if (!instance || !output) return {};
      const { mentions, antecedents, predicted } = output;
      return {
        top_spans: mentions,
        antecedent_indices: antecedents,
        predicted_antecedents: predicted,
        document: instance.metadata.words,
        clusters: findClusters(
          mentions,
          predicted.map((place, mention) => antecedents[mention]?.[place]),
        ),
      };
    },
  };
}

/** Takes what is of one document out of a batch, in which others may have more mentions and look at more antecedents. */
function outputFor(outputs: Outputs, index: number, count: number, options: CorefOptions): CorefOutput {
  const looksAt = Math.min(options.max_antecedents, count);
  const indices = matrixOf(outputs, 'antecedent_indices', index, [count, looksAt]);
  const scores = options.coarse_to_fine
    ? matrixOf(outputs, 'coarse_scores', index, [count, looksAt])
    : undefined;
  const antecedents = indices.map((row, mention) =>
    scores && mention < looksAt
      ? fillAntecedents([...(scores[mention] ?? [])].slice(0, mention), count, looksAt)
      : [...row],
  );
  return {
    mentions: matrixOf(outputs, 'top_spans', index, [count, 2]).map(
      ([start = 0, end = 0]): Mention => [start, end],
    ),
    antecedents,
    predicted: [...rowOf(outputs, 'predicted_antecedents', index, count)],
  };
}
