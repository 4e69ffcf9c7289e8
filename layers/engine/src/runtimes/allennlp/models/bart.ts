/** bart: the encoder and decoder of BART. */
import * as z from 'zod/mini';
import { type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { parseParams } from '../text/params.ts';
import { openHubGenerator } from './generation/hub-generator.ts';
import { layerCaches } from './generation/layer-caches.ts';

const schema = z.object({
  d_model: z.int(),
  decoder_layers: z.int(),
  decoder_attention_heads: z.int(),
  max_position_embeddings: z.int(),
  bos_token_id: z._default(z.int(), 0),
  eos_token_id: z._default(z.int(), 2),
  decoder_start_token_id: z._default(z.nullable(z.int()), 2),
});

export const bart: ArchiveModelDefinition = {
  type: 'bart',
  open: (archive) =>
    eraseModel(
      openHubGenerator(archive, {
        decoder(json) {
          const config = parseParams(schema, json, 'config.json of the hub model');
          const { decoder_layers: layers, decoder_attention_heads: heads, d_model: width } = config;
          return {
            // AllenNLP takes a start of 0 for none.
            start: config.decoder_start_token_id || config.bos_token_id,
            end: config.eos_token_id,
            caches: layerCaches(layers, heads, width / heads),
            maxTokens: config.max_position_embeddings,
          };
        },
        answer: ({ ids, score }, { vocabulary }) => ({
          log_probabilities: score,
          predicted_tokens: ids.map((id) => vocabulary.token(id) ?? ''),
        }),
      }),
    ),
};
