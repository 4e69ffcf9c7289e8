/** biaffine_parser: the head of every word, and how it depends on it. */
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { findBestHeads, findSpanningHeads } from '../decoding/heads.ts';
import { stack } from '../instance.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { wordsOf } from '../text/token.ts';
import { dependencyTree } from './dependency-tree.ts';
import { labelNames } from './label-names.ts';
import { outputOf, rowOf } from './output-rows.ts';
import { invalidInput } from './predictor-input.ts';
import { readerParams, readerSchema } from './reader-params.ts';
import { requirePredictor, withoutWords } from './sentence-reader.ts';
import { featuresOf, openTaggedTokenizer } from './words-with-tags.ts';

const params = z.object({ use_mst_decoding_for_validation: z._default(z.boolean(), true) });
const READERS = {
  universal_dependencies: readerSchema({
    use_language_specific_pos: z._default(z.boolean(), false),
    /** It would split words again, so that they no longer fit their parts of speech. */
    tokenizer: z.nullish(z.undefined()),
  }),
};
const POS_NAMESPACE = 'pos';

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
  requirePredictor(archive, 'biaffine_dependency_parser');
  const { use_mst_decoding_for_validation: seeksTree } = parseParams(params, archive.config.model, 'model');
  const { params: reader } = readerParams(archive, READERS);
  const indexers = openIndexers(reader.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const feature = reader.use_language_specific_pos ? 'tag' : 'pos';
  const tokenizer = openTaggedTokenizer(archive, feature);
  const labels = labelNames(archive.vocabulary, 'head_tags');
  const findHeads = seeksTree ? findSpanningHeads : findBestHeads;
  return {
    async read(input, field) {
      const { tokens, key } = await tokenizer.tokenize(input, field);
      if (tokens.length === 0) throw withoutWords(`${field}.${key}`);
      const words = wordsOf(tokens);
      const pos = featuresOf(tokens, feature);
      const fields = under(
        'words',
        await textField(
          words.map((text) => ({ text })),
          indexers,
        ),
      );
      const ids = pos.map((tag) => archive.vocabulary.id(tag, POS_NAMESPACE));
      return [{ tensors: { ...fields, pos_tags: idTensor(ids) }, metadata: { words, pos } }];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const scores = outputOf(outputs, 'arc_scores');
      const tags = outputOf(outputs, 'arc_tags');
      const [, padded = 0] = scores.dims;
      return batch.map(({ metadata }, row) => {
        const heads = findHeads(rowOf(scores, row), padded, metadata.words.length);
        const tagRow = rowOf(tags, row);
        const dependencies = heads.map((head, word) => labels[tagRow[head * padded + word + 1] ?? -1] ?? '');
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
