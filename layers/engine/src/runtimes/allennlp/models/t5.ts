/** t5: AllenNLP's own module of T5. */
import * as z from 'zod/mini';
import { type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { parseParams } from '../text/params.ts';
import { openHubGenerator } from './generation/hub-generator.ts';
import { layerCaches } from './generation/layer-caches.ts';

const schema = z.object({
  num_layers: z.int(),
  num_decoder_layers: z.nullish(z.int()),
  num_heads: z.int(),
  d_kv: z.int(),
  eos_token_id: z._default(z.int(), 1),
  decoder_start_token_id: z._default(z.nullable(z.int()), 0),
});

export const t5: ArchiveModelDefinition = {
  type: 't5',
  open: (archive) =>
    eraseModel(
      openHubGenerator(archive, {
        decoder(json) {
          const config = parseParams(schema, json, 'config.json of the hub model');
          return {
            start: config.decoder_start_token_id ?? 0,
            end: config.eos_token_id,
            caches: layerCaches(
              config.num_decoder_layers ?? config.num_layers,
              config.num_heads,
              config.d_kv,
            ),
          };
        },
        defaults: { beamSize: 3, maxSteps: 50 },
        answer: ({ score }) => ({ predicted_log_probs: score }),
      }),
    ),
};
