/** copynet_seq2seq: a decoder that generates tokens of its vocabulary, or copies tokens of the source. */
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { type BeamResult, beamSearch } from '../decoding/beam-search.ts';
import { stepGraph } from '../decoding/step-graph.ts';
import { stack } from '../instance.ts';
import { idTensor } from '../text/indexers/indexer.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { wordsOf } from '../text/token.ts';
import { dependsOnPadding } from './embedders.ts';
import { beamSettings } from './generation/beam-settings.ts';
import { generatedText } from './generation/generated-text.ts';
import { openSourceReader } from './generation/source-reader.ts';
import { beforeEnd, openTargetTokens } from './generation/target-tokens.ts';

const params = z.object({
  target_namespace: z._default(z.string(), 'target_tokens'),
  copy_token: z._default(z.string(), '@COPY@'),
});

/** The words of the source, of which classes above the vocabulary are the places. */
interface Metadata {
  readonly source: readonly string[];
}

export const copynetSeq2seq: ArchiveModelDefinition = {
  type: 'copynet_seq2seq',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<Metadata, BeamResult> {
  const { model } = archive.config;
  const { vocabulary } = archive;
  const reader = openSourceReader(archive);
  const { target_namespace: namespace, copy_token: copy } = parseParams(params, model, 'model');
  const target = openTargetTokens(archive, namespace);
  const settings = beamSettings(model, target.end);
  // The model adds its own token where the vocabulary lacks it.
  const size = vocabulary.size(namespace) + (vocabulary.knows(copy, namespace) ? 0 : 1);
  const words = (sequence: readonly number[], source: readonly string[]) =>
    beforeEnd(sequence, target.end).map(
      (index) => (index < size ? vocabulary.token(index, namespace) : source[index - size]) ?? copy,
    );
  return {
    async read(input, field) {
      const { tokens, tensors } = await reader.read(input, field);
      const source = wordsOf(tokens);
      const toTarget = source.map((word) => vocabulary.id(word, namespace));
      const fields = {
        ...tensors,
        source_to_target: idTensor(toTarget),
        source_token_ids: idTensor(firstPlaces(source)),
      };
      return [{ tensors: fields, metadata: { source } }];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('encoder', stack(batch));
      const starts = batch.map(() => target.start);
      // The run has taken its tensors away.
      const ofSource = Object.fromEntries(
        Object.entries(stack(batch)).map(([name, tensor]) => [`memory.${name}`, tensor]),
      );
      return beamSearch(starts, settings, stepGraph(graphs, { outputs, feeds: ofSource }));
    },
    answer: (_input, [instance], [result]) => {
      const source = instance?.metadata.source ?? [];
      return {
        metadata: { source_tokens: source },
        predicted_log_probs: result?.scores ?? [],
        predictions: result?.predictions ?? [],
        predicted_tokens: (result?.predictions ?? []).map((sequence) => words(sequence, source)),
      };
    },
    runsAlone: dependsOnPadding(model.source_embedder),
    tasks: [
      generatedText(({ predicted_tokens }) => {
        const [best] = z.parse(z.array(z.array(z.string())), predicted_tokens);
        return (best ?? []).join(' ');
      }),
    ],
  };
}

/** A number for each word that equal words share, counted in the order in which they first occur. */
function firstPlaces(words: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return words.map((word) => {
    const number = numbers.get(word) ?? numbers.size;
    numbers.set(word, number);
    return number;
  });
}
