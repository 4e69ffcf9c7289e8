/** bart: the encoder and decoder of BART (https://arxiv.org/abs/1910.13461), as Hugging Face's BartForConditionalGeneration computes them. */
import { z } from 'zod';
import { bart as family } from '../../generation/graph/families/bart.ts';
import { parseConfig } from '../../graph/config.ts';
import { ignored } from '../modules/build.ts';
import { beamParams } from '../modules/decoders/encoded-source.ts';
import { archiveGraphs } from '../modules/decoders/generator-graphs.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { weightsOf } from '../modules/transformers/hub-model.ts';

const params = z.strictObject({
  model_name: z.string(),
  ...beamParams,
  // Another encoder in place of BART's own.
  encoder: z.null({ error: 'of another kind than BART is not supported' }).optional(),
  /** It names the tokens in the answer: those of the hub model. */
  indexer: ignored,
  initializer: ignored,
  regularizer: ignored,
});

const configSchema = z.looseObject({ model_type: z.literal('bart') });

export const bart: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'bart',
  params,
  build(scope, parsed) {
    const config = parseConfig(configSchema, scope.archive.hubConfig(parsed.model_name));
    const place = scope.at('bart');
    // Tokens may have been added to those that config.json says.
    const [words] = place.dims('model.shared.weight') ?? [];
    return archiveGraphs(
      family.build({ ...config, vocab_size: words ?? config.vocab_size }, weightsOf(place)),
    );
  },
};
