/** biaffine_parser: the head of every word, and how it depends on it. */
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { findBestHeads, findSpanningHeads } from '../decoding/heads.ts';
import { outputRows } from '../graph-outputs.ts';
import { invalidInput } from '../input-fields.ts';
import { stack } from '../instance.ts';
import { givenText, neededTags, tokenizeGiven } from '../text/given-text.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { parseParams } from '../text/params.ts';
import { commonReaderParams, indexersParam } from '../text/readers/reader-params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { labelField, textField, under } from '../text/text-field.ts';
import { wordsOf } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import { dependencyTree } from './dependency-tree.ts';
import { dependsOnPadding } from './embedders.ts';
import { paddedLength } from './field-length.ts';
import { refuseNothing, requirePredictor } from './input-checks.ts';
import { labelNames } from './label-names.ts';

const modelParams = z.object({
  use_mst_decoding_for_validation: z._default(z.boolean(), true),
  text_field_embedder: z.unknown(),
});
const readerParams = z.strictObject({
  ...commonReaderParams,
  type: z.literal('universal_dependencies'),
  token_indexers: indexersParam,
  use_language_specific_pos: z._default(z.boolean(), false),
  /** It would split words again, so that they no longer fit their parts of speech. */
  tokenizer: z.nullish(z.undefined()),
});

interface Metadata {
  readonly words: readonly string[];
  readonly pos: readonly string[];
}

interface Output {
  readonly heads: readonly number[];
  readonly dependencies: readonly string[];
}

export const biaffineParser: ArchiveModelDefinition = {
  type: 'biaffine_parser',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<Metadata, Output> {
  const parsed = parseParams(modelParams, archive.config.model, 'model');
  const labels = labelNames(archive.vocabulary, 'head_tags');
  const findHeads = parsed.use_mst_decoding_for_validation ? findSpanningHeads : findBestHeads;
  return {
    read: openReader(archive),
    runsAlone: dependsOnPadding(parsed.text_field_embedder),
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const scores = outputRows(outputs, 'arc_scores');
      const tags = outputRows(outputs, 'arc_tags');
      const nodes = paddedLength(batch, 'words') + 1;
      return batch.map(({ metadata }, row) => {
        const heads = findHeads(scores(row), nodes, metadata.words.length);
        const ids = tags(row);
        const dependencies = heads.map((head, word) => labels[ids[head * nodes + word + 1] ?? -1] ?? '');
        return { heads, dependencies };
      });
    },
    answer(_input, [instance], [output]) {
      const { words, pos } = instance?.metadata ?? { words: [], pos: [] };
      const { heads, dependencies } = output ?? { heads: [], dependencies: [] };
      if (!heads.includes(0)) {
        throw invalidInput(
          'inputs',
          'the model finds no root in the sentence, so that there is no tree to answer',
        );
      }
      return {
        words,
        pos,
        predicted_dependencies: dependencies,
        predicted_heads: heads,
        hierplane_tree: dependencyTree(words, heads, dependencies, pos),
      };
    },
  };
}

function openReader(archive: TextArchive): ArchiveModel<Metadata, Output>['read'] {
  requirePredictor(archive, 'biaffine_dependency_parser');
  const { vocabulary, config } = archive;
  const reader = parseParams(readerParams, config.reader, 'dataset_reader');
  const indexers = openIndexers(reader.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const tokenizer = openTokenizer('spacy', { archive, path: 'predictor' });
  const feature = reader.use_language_specific_pos ? 'tag' : 'pos';
  return async (input, field) => {
    const given = givenText(input, field, 'sentence', 'tokens');
    const tokens = await tokenizeGiven(given, tokenizer);
    const words = wordsOf(tokens);
    const pos = neededTags(tokens, feature, given.field);
    const tensors = under(
      'words',
      await textField(
        words.map((text) => ({ text })),
        indexers,
        given.field,
      ),
    );
    refuseNothing(tensors, given.field);
    return [
      { tensors: { ...tensors, pos_tags: labelField(pos, 'pos', vocabulary) }, metadata: { words, pos } },
    ];
  };
}
