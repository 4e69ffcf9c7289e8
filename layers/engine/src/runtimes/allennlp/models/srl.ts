/** srl: the arguments of every verb of a sentence. */
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { BioViterbi } from '../decoding/bio-viterbi.ts';
import { describeFrame } from '../decoding/srl-frames.ts';
import { outputRows } from '../graph-outputs.ts';
import { type Instance, stack } from '../instance.ts';
import { refuseMoreTexts } from '../limits/size-limits.ts';
import { givenText, neededTags } from '../text/given-text.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import { openWordsReader } from '../text/readers/words-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { wordsOf } from '../text/token.ts';
import { dependsOnPadding } from './embedders.ts';
import { requirePredictor } from './input-checks.ts';
import { labelNames } from './label-names.ts';

/** AllenNLP's predictor takes auxiliaries for verbs too, in English. */
const VERBS = ['VERB', 'AUX'];

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
  const reader = openWordsReader(archive);
  const labels = labelNames(archive.vocabulary, 'labels');
  const decoder = new BioViterbi(labels);
  return {
    runsAlone: dependsOnPadding(archive.config.model.text_field_embedder),
    async read(input, field) {
      const given = givenText(input, field, 'sentence', 'tokens');
      const { tokens, tensors } = await reader.words(given);
      const pos = neededTags(tokens, 'pos', given.field);
      const words = wordsOf(tokens);
      const verbs = pos.filter((each) => VERBS.includes(each)).length;
      refuseMoreTexts(given.field, verbs, words.length);
      return words.flatMap((verb, place): Instance<Metadata>[] => {
        if (!VERBS.includes(pos[place] ?? '')) return [];
        const indicator = idTensor(words.map((_, other) => (other === place ? 1 : 0)));
        return [{ tensors: { ...tensors, verb_indicator: indicator }, metadata: { words, verb } }];
      });
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const probabilities = outputRows(outputs, 'class_probabilities');
      const mask = outputRows(outputs, 'mask');
      return batch.map((_, row) => {
        const tokens = mask(row).reduce((sum, value) => sum + value, 0);
        return decoder.decode(probabilities(row), 0, tokens).map((label) => labels[label] ?? '');
      });
    },
    answer(input, instances, outputs) {
      const verbs = instances.map(({ metadata: { words, verb } }, index) => {
        const tags = outputs[index] ?? [];
        return { verb, description: describeFrame(words, tags), tags };
      });
      return { verbs, words: instances[0]?.metadata.words ?? givenWords(input) };
    },
  };
}

/** The words of a sentence without a verb: as they have their parts of speech, they were given. */
function givenWords(input: unknown): string[] {
  return wordsOf(givenText(input, 'inputs', 'sentence', 'tokens').words ?? []);
}
