/** simple_seq2seq: an encoder and an LSTM with attention, whose beams are all answered. */
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { type BeamResult, beamSearch } from '../decoding/beam-search.ts';
import { stepGraph } from '../decoding/step-graph.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { dependsOnPadding } from './embedders.ts';
import { beamSettings } from './generation/beam-settings.ts';
import { generatedText } from './generation/generated-text.ts';
import { openSourceReader } from './generation/source-reader.ts';
import { openTargetTokens } from './generation/target-tokens.ts';

const params = z.object({ target_namespace: z._default(z.string(), 'tokens') });

export const simpleSeq2seq: ArchiveModelDefinition = {
  type: 'simple_seq2seq',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<undefined, BeamResult> {
  const { model } = archive.config;
  const reader = openSourceReader(archive);
  const target = openTargetTokens(archive, parseParams(params, model, 'model').target_namespace);
  const settings = beamSettings(model, target.end);
  return {
    async read(input, field) {
      const { tensors } = await reader.read(input, field);
      return [{ tensors, metadata: undefined }];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('encoder', stack(batch));
      const starts = batch.map(() => target.start);
      return beamSearch(starts, settings, stepGraph(graphs, { outputs }));
    },
    answer: (_input, _instances, [result]) => ({
      class_log_probabilities: result?.scores ?? [],
      predictions: result?.predictions ?? [],
      predicted_tokens: (result?.predictions ?? []).map((sequence) => target.words(sequence)),
    }),
    runsAlone: dependsOnPadding(model.source_embedder),
    tasks: [
      generatedText(({ predictions }) => {
        const [best] = z.parse(z.array(z.array(z.number())), predictions);
        return target.words(best ?? []).join(' ');
      }),
    ],
  };
}
