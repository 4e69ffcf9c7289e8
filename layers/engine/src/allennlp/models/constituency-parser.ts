/** constituency_parser: the tree of a sentence. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { buildTree, type SpanLabels } from '../decoding/constituency.ts';
import { formatTree, type Tree } from '../decoding/tree.ts';
import { type FieldTensor, stack } from '../instance.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { wordsOf } from '../text/token.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { constituentTree } from './constituent-tree.ts';
import { labelNames } from './label-names.ts';
import { outputOf, rowOf, toLists } from './output-rows.ts';
import { readerParams, readerSchema } from './reader-params.ts';
import { requirePredictor, withoutWords } from './sentence-reader.ts';
import { openSentenceTokenizer } from './sentence-tokenizer.ts';
import { featuresOf, openTaggedTokenizer } from './words-with-tags.ts';

const READERS = {
  ptb_trees: readerSchema({
    use_pos_tags: z._default(z.boolean(), true),
    convert_parentheses: z._default(z.boolean(), false),
    label_namespace_prefix: z._default(z.string(), ''),
    pos_label_namespace: z._default(z.string(), 'pos'),
  }),
};
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
  requirePredictor(archive, 'constituency_parser');
  const { params } = readerParams(archive, READERS);
  const indexers = openIndexers(params.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const tokenizer = params.use_pos_tags
    ? openTaggedTokenizer(archive, 'tag')
    : openSentenceTokenizer(archive);
  const posNamespace = params.label_namespace_prefix + params.pos_label_namespace;
  const labels = spanLabels(archive.vocabulary);
  const written = (word: string) => (params.convert_parentheses ? (PARENTHESES[word] ?? word) : word);
  return {
    async read(input, field) {
      const { tokens, key } = await tokenizer.tokenize(input, field);
      if (tokens.length === 0) throw withoutWords(`${field}.${key}`);
      const words = wordsOf(tokens).map(written);
      const posTags = params.use_pos_tags ? featuresOf(tokens, 'tag') : undefined;
      const fields = under(
        'tokens',
        await textField(
          words.map((text) => ({ text })),
          indexers,
        ),
      );
      const ids = posTags?.map((tag) => archive.vocabulary.id(tag, posNamespace));
      return [
        {
          tensors: { ...fields, ...(ids && { pos_tags: idTensor(ids) }), spans: allSpans(words.length) },
          metadata: { words, posTags },
        },
      ];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const all = outputOf(outputs, 'class_probabilities');
      return batch.map(({ metadata: { words, posTags } }, row) => {
        const spans = listSpans(words.length);
        const probabilities = rowOf(all, row).subarray(0, (spans.length / 2) * labels.names.length);
        return { probabilities, tree: buildTree(spans, probabilities, labels, words, posTags) };
      });
    },
    answer(_input, [instance], [output]) {
      const { words, posTags } = instance?.metadata ?? { words: [], posTags: undefined };
      const spans = listSpans(words.length);
      const count = spans.length / 2;
      const tree = output?.tree ?? { label: '', children: [] };
      return {
        class_probabilities: output ? toLists(output.probabilities, labels.names.length, count) : [],
        spans: Array.from({ length: count }, (_, span) => spans.slice(span * 2, span * 2 + 2)),
        tokens: words,
        pos_tags: posTags ?? null,
        num_spans: count,
        hierplane_tree: constituentTree(tree),
        trees: formatTree(tree),
      };
    },
  };
}

/** The first and the last word of every span, in the order of both: two numbers each. */
function listSpans(words: number): number[] {
  const spans: number[] = [];
  for (let start = 0; start < words; start++) {
    for (let end = start; end < words; end++) spans.push(start, end);
  }
  return spans;
}

/** `[spans, 2]`, which a batch pads with -1. */
function allSpans(words: number): FieldTensor {
  const spans = listSpans(words);
  return { dims: [spans.length / 2, 2], data: BigInt64Array.from(spans, BigInt), padding: -1 };
}

function spanLabels(vocabulary: Vocabulary): SpanLabels {
  const names = labelNames(vocabulary, 'labels');
  const none = names.indexOf(NO_LABEL);
  if (none >= 0) return { names, none };
  throw new EngineError('PACKAGE_INVALID', `The labels of a constituency parser must have ${NO_LABEL}.`);
}
