/** composed_seq2seq: an encoder and a decoder of its own, which answers all beams and the tokens of the best. */
import * as z from 'zod/mini';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { type BeamResult, beamSearch } from '../decoding/beam-search.ts';
import { type CacheShape, stepGraph } from '../decoding/step-graph.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { dependsOnPadding } from './embedders.ts';
import { beamSettings } from './generation/beam-settings.ts';
import { generatedText } from './generation/generated-text.ts';
import { layerCaches } from './generation/layer-caches.ts';
import { openSourceReader } from './generation/source-reader.ts';
import { openTargetTokens } from './generation/target-tokens.ts';

const params = z.object({
  decoder: z.looseObject({
    target_namespace: z._default(z.string(), 'tokens'),
    decoder_net: z.object({
      type: z.string(),
      decoding_dim: z.int(),
      num_layers: z.optional(z.int()),
      num_attention_heads: z.optional(z.int()),
    }),
  }),
});
type DecoderNet = z.infer<typeof params>['decoder']['decoder_net'];

export const composedSeq2seq: ArchiveModelDefinition = {
  type: 'composed_seq2seq',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<undefined, BeamResult> {
  const reader = openSourceReader(archive);
  const { decoder } = parseParams(params, archive.config.model, 'model');
  const target = openTargetTokens(archive, decoder.target_namespace);
  const settings = beamSettings(decoder, target.end);
  const caches = cachesOf(decoder.decoder_net);
  return {
    async read(input, field) {
      const { tensors } = await reader.read(input, field);
      return [{ tensors, metadata: undefined }];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('encoder', stack(batch));
      const starts = batch.map(() => target.start);
      return beamSearch(starts, settings, stepGraph(graphs, { outputs, caches }));
    },
    answer: (_input, _instances, [result]) => ({
      class_log_probabilities: result?.scores ?? [],
      predictions: result?.predictions ?? [],
      predicted_tokens: target.words(result?.predictions[0] ?? []),
    }),
    runsAlone: dependsOnPadding(archive.config.model.source_text_embedder),
    tasks: [
      generatedText(({ predicted_tokens }) => z.parse(z.array(z.string()), predicted_tokens).join(' ')),
    ],
  };
}

/** An LSTM keeps its state alone; layers of self-attention keep keys and values. */
function cachesOf(net: DecoderNet): readonly CacheShape[] {
  const { type, decoding_dim: dim, num_layers: layers = 0, num_attention_heads: heads = 1 } = net;
  return type === 'stacked_self_attention' ? layerCaches(layers, heads, dim / heads) : [];
}
