/** auto_regressive_seq_decoder: a decoder net between the embedding of the target and the projection to its classes. */
import { z } from 'zod';
import { buildModule, ignored, nested } from '../build.ts';
import type { ModuleDefinition } from '../module.ts';
import { linear } from '../nodes/linear.ts';
import { buildDecoderNet, type SeqDecoder } from './decoder.ts';
import { beamParams } from './encoded-source.ts';
import { logSoftmax } from './step.ts';

const params = z.strictObject({
  decoder_net: nested,
  target_embedder: nested,
  target_namespace: z.string().default('tokens'),
  ...beamParams,
  // A tied projection is in weights.th under its own name too.
  tie_output_embedding: ignored,
  scheduled_sampling_ratio: ignored,
  label_smoothing_ratio: ignored,
  tensor_based_metric: ignored,
  token_based_metric: ignored,
});

export const autoRegressive: ModuleDefinition<z.infer<typeof params>, SeqDecoder> = {
  role: 'seq_decoder',
  type: 'auto_regressive_seq_decoder',
  params,
  nested: { decoder_net: { role: 'decoder_net' }, target_embedder: { role: 'embedding' } },
  build(scope, parsed) {
    const net = buildDecoderNet(scope.at('_decoder_net'), parsed.decoder_net);
    return {
      outputDim: net.outputDim,
      prepare: (source) => net.prepare(source),
      decode(step) {
        const table = buildModule('embedding', scope.at('target_embedder'), parsed.target_embedder);
        const classes = scope.archive.vocabularySize(parsed.target_namespace);
        const decoded = net.decode(step, table.lookUp(step.last));
        const logits = linear(scope.at('_output_projection_layer'), decoded, net.outputDim, classes);
        return logSoftmax(scope, logits);
      },
    };
  },
};
