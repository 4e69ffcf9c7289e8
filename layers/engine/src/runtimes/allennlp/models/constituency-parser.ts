/** constituency_parser: the tree of a sentence. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { buildTree, type SpanLabels } from '../decoding/constituency.ts';
import { formatTree, type Tree } from '../decoding/tree.ts';
import { outputRows } from '../graph-outputs.ts';
import { stack } from '../instance.ts';
import { refuseMoreTexts } from '../limits/size-limits.ts';
import { givenText, neededTags, tokenizeGiven } from '../text/given-text.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { parseParams } from '../text/params.ts';
import { commonReaderParams, indexersParam } from '../text/readers/reader-params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { enumerateSpans, labelField, spanField, textField, under } from '../text/text-field.ts';
import { wordsOf } from '../text/token.ts';
import { openTokenizer } from '../text/tokenizers/index.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { constituentTree } from './constituent-tree.ts';
import { dependsOnPadding } from './embedders.ts';
import { refuseNothing, requirePredictor } from './input-checks.ts';
import { labelNames } from './label-names.ts';
import { toLists } from './lists.ts';

const readerParams = z.strictObject({
  ...commonReaderParams,
  type: z.literal('ptb_trees'),
  token_indexers: indexersParam,
  use_pos_tags: z._default(z.boolean(), true),
  convert_parentheses: z._default(z.boolean(), false),
  label_namespace_prefix: z._default(z.string(), ''),
  pos_label_namespace: z._default(z.string(), 'pos'),
});
const PARENTHESES: Readonly<Record<string, string>> = {
  '-LRB-': '(',
  '-RRB-': ')',
  '-LCB-': '{',
  '-RCB-': '}',
  '-LSB-': '[',
  '-RSB-': ']',
};
const NO_LABEL = 'NO-LABEL';

interface Metadata {
  readonly words: readonly string[];
  readonly posTags: readonly string[] | undefined;
}

interface Output {
  readonly probabilities: Float32Array;
  readonly tree: Tree;
}

export const constituencyParser: ArchiveModelDefinition = {
  type: 'constituency_parser',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<Metadata, Output> {
  const labels = spanLabels(archive.vocabulary);
  return {
    read: openReader(archive),
    runsAlone: dependsOnPadding(archive.config.model.text_field_embedder),
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const all = outputRows(outputs, 'class_probabilities');
      return batch.map(({ metadata: { words, posTags } }, row) => {
        const spans = enumerateSpans(words.length);
        const probabilities = all(row).subarray(0, spans.length * labels.names.length);
        return { probabilities, tree: buildTree(spans, probabilities, labels, words, posTags) };
      });
    },
    answer(_input, [instance], [output]) {
      const { words, posTags } = instance?.metadata ?? { words: [], posTags: undefined };
      const spans = enumerateSpans(words.length);
      const tree = output?.tree ?? { label: '', children: [] };
      return {
        class_probabilities: output ? toLists(output.probabilities, labels.names.length, spans.length) : [],
        spans,
        tokens: words,
        // What AllenNLP makes of Python's None.
        pos_tags: posTags ?? 'None',
        num_spans: spans.length,
        hierplane_tree: constituentTree(tree),
        trees: formatTree(tree),
      };
    },
  };
}

function openReader(archive: TextArchive): ArchiveModel<Metadata, Output>['read'] {
  requirePredictor(archive, 'constituency_parser');
  const { vocabulary, config } = archive;
  const reader = parseParams(readerParams, config.reader, 'dataset_reader');
  const indexers = openIndexers(reader.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const tokenizer = openTokenizer('spacy', { archive, path: 'predictor' });
  const namespace = reader.label_namespace_prefix + reader.pos_label_namespace;
  const written = (word: string) => (reader.convert_parentheses ? (PARENTHESES[word] ?? word) : word);
  return async (input, field) => {
    const given = givenText(input, field, 'sentence', 'tokens');
    const tokens = await tokenizeGiven(given, tokenizer);
    const words = wordsOf(tokens).map(written);
    const posTags = reader.use_pos_tags ? neededTags(tokens, 'tag', given.field) : undefined;
    const plain = words.map((text) => ({ text }));
    refuseMoreTexts(given.field, words.length, words.length);
    const tensors = under('tokens', await textField(plain, indexers, given.field));
    refuseNothing(tensors, given.field);
    return [
      {
        tensors: {
          ...tensors,
          ...(posTags && { pos_tags: labelField(posTags, namespace, vocabulary) }),
          spans: spanField(enumerateSpans(words.length)),
        },
        metadata: { words, posTags },
      },
    ];
  };
}

function spanLabels(vocabulary: Vocabulary): SpanLabels {
  const names = labelNames(vocabulary, 'labels');
  const none = names.indexOf(NO_LABEL);
  if (none >= 0) return { names, none };
  throw new EngineError('PACKAGE_INVALID', `The labels of a constituency parser must have ${NO_LABEL}.`);
}
