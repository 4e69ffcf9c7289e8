/** srl: the arguments of every verb of a sentence. */
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { BioViterbi } from '../decoding/bio-viterbi.ts';
import { type Instance, stack } from '../instance.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import { wordsOf } from '../text/token.ts';
import { labelNames } from './label-names.ts';
import { outputOf } from './output-rows.ts';
import { readerParams, readerSchema, unread } from './reader-params.ts';
import { requirePredictor } from './sentence-reader.ts';
import { frameOf, openVerbTokenizer } from './srl-frames.ts';

const READERS = { srl: readerSchema({ domain_identifier: unread }) };

interface Metadata {
  readonly words: readonly string[];
  readonly verb: string;
}

export const srl: ArchiveModelDefinition = {
  type: 'srl',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<Metadata, readonly string[]> {
  requirePredictor(archive, 'semantic_role_labeling');
  const { params } = readerParams(archive, READERS);
  const indexers = openIndexers(params.token_indexers, { archive, path: 'dataset_reader.token_indexers' });
  const tokenizer = openVerbTokenizer(archive);
  const labels = labelNames(archive.vocabulary, 'labels');
  const decoder = new BioViterbi(labels);
  return {
    async read(input, field) {
      const { tokens, verbs } = await tokenizer.tokenize(input, field);
      if (verbs.length === 0) return [];
      const words = wordsOf(tokens);
      const fields = under('tokens', await textField(tokens, indexers));
      return verbs.map(
        (verb): Instance<Metadata> => ({
          tensors: {
            ...fields,
            verb_indicator: idTensor(tokens.map((_, place) => (place === verb ? 1 : 0))),
          },
          metadata: { words, verb: words[verb] ?? '' },
        }),
      );
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const { data: probabilities } = outputOf(outputs, 'class_probabilities');
      const { data: mask, dims } = outputOf(outputs, 'mask');
      const [, tokens = 0] = dims;
      return batch.map((_, row) => {
        const length = mask.subarray(row * tokens, (row + 1) * tokens).reduce((sum, value) => sum + value, 0);
        const path = decoder.decode(probabilities, row * tokens * labels.length, length);
        return path.map((label) => labels[label] ?? '');
      });
    },
    answer(input, instances, outputs) {
      const verbs = instances.map(({ metadata }, i) =>
        frameOf(metadata.words, metadata.verb, outputs[i] ?? []),
      );
      return { verbs, words: instances[0]?.metadata.words ?? tokenizer.words(input) };
    },
  };
}
