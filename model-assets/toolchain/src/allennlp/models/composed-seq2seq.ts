/** composed_seq2seq: an encoder, and a decoder of its own kind. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../modules/build.ts';
import { buildSeqDecoder } from '../modules/decoders/decoder.ts';
import { StepGraph } from '../modules/decoders/step.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';

const params = z.strictObject({
  source_text_embedder: nested,
  encoder: nested,
  decoder: nested,
  // A tied table is in weights.th under both names.
  tied_source_embedder_key: ignored,
  initializer: ignored,
  regularizer: ignored,
});

export const composedSeq2seq: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'composed_seq2seq',
  params,
  nested: {
    source_text_embedder: { role: 'text_field_embedder' },
    encoder: { role: 'seq2seq_encoder' },
    decoder: { role: 'seq_decoder' },
  },
  build(scope, parsed) {
    const embedder = buildModule(
      'text_field_embedder',
      scope.at('_source_text_embedder'),
      parsed.source_text_embedder,
    );
    const encoder = buildModule('seq2seq_encoder', scope.at('_encoder'), parsed.encoder);
    const { vectors, mask } = embedder.embed('source_tokens');
    const source = { vectors: encoder.encode(vectors, mask), mask, dim: encoder.outputDim };
    const decoder = buildSeqDecoder(scope.at('_decoder'), parsed.decoder);
    const step = new StepGraph(scope.inNewGraph('step'));
    const inStep = buildSeqDecoder(step.scope.at('_decoder'), parsed.decoder);
    return {
      encoder: finishGraph(scope, decoder.prepare(source)),
      step: step.finish(inStep.decode(step)),
    };
  },
};
