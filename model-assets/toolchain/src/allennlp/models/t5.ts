/** t5: AllenNLP's own module of T5 (https://arxiv.org/abs/1910.10683), whose tensors have other names than Hugging Face's. */
import { z } from 'zod';
import { t5 as family } from '../../generation/graph/families/t5.ts';
import { parseConfig, size } from '../../graph/config.ts';
import { ignored } from '../modules/build.ts';
import { beamParams } from '../modules/decoders/encoded-source.ts';
import { archiveGraphs } from '../modules/decoders/generator-graphs.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { weightsOf } from '../modules/transformers/hub-model.ts';

const { beam_search } = beamParams;
const params = z.strictObject({
  model_name: z.string(),
  beam_search,
  checkpoint_wrapper: ignored,
  weights_path: ignored,
});

/** What AllenNLP's module reads of config.json. */
const configSchema = z.object({
  model_type: z.literal('t5'),
  vocab_size: size.optional(),
  d_model: size,
  d_kv: size,
  d_ff: size,
  num_layers: size,
  num_decoder_layers: size.nullish(),
  num_heads: size,
  relative_attention_num_buckets: size.default(32),
  // The norms before attention have this, whatever config.json says.
  layer_norm_epsilon: z.literal(1e-6).default(1e-6),
  feed_forward_proj: z.enum(['relu', 'gated-gelu']).default('relu'),
});

/** What it does whatever config.json says: the farthest distance, and to scale before any head. */
const FIXED = { relative_attention_max_distance: 128, scale_decoder_outputs: true } as const;

const WORDS = 'token_embeddings.weight';

export const t5: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 't5',
  params,
  build(scope, parsed) {
    const config = parseConfig(configSchema, scope.archive.hubConfig(parsed.model_name));
    const place = scope.at('t5');
    // The table of words may have more rows than the vocabulary.
    const [words] = place.dims(WORDS) ?? [];
    return archiveGraphs(
      family.build(
        { ...config, ...FIXED, vocab_size: words ?? config.vocab_size },
        weightsOf(place, nameInArchive),
      ),
    );
  },
};

/** Parts of the names of transformers, and what AllenNLP calls them. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^shared\.weight$/, WORDS],
  [/\.block\./, '.blocks.'],
  [/\.SelfAttention\./, '.self_attention.'],
  [/\.EncDecAttention\./, '.enc_dec_attention.'],
  [/\.DenseReluDense\./, '.ff_proj.'],
  [/\.q\.weight$/, '.query.weight'],
  [/\.k\.weight$/, '.key.weight'],
  [/\.v\.weight$/, '.value.weight'],
  [/\.o\.weight$/, '.output.weight'],
];

function nameInArchive(name: string): string {
  return NAMES.reduce((archive, [part, other]) => archive.replace(part, other), name);
}
