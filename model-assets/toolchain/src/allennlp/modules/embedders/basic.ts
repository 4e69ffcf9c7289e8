/** basic: the vectors of several token embedders side by side. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { buildModule, nested } from '../build.ts';
import type { EmbeddedTokens, ModuleDefinition, TextFieldEmbedder } from '../module.ts';
import { concat } from '../nodes/ops.ts';

const params = z.strictObject({ token_embedders: z.record(z.string(), nested) });

/** AllenNLP takes a mask of the indexer, else the tensor with the fewest axes. */
const MASKS: readonly EmbeddedTokens['maskFrom'][] = ['mask', 'ids', 'characters'];

export const basic: ModuleDefinition<z.infer<typeof params>, TextFieldEmbedder> = {
  role: 'text_field_embedder',
  type: 'basic',
  params,
  nested: { token_embedders: { role: 'token_embedder', many: 'record' } },
  build(scope, { token_embedders: entries }) {
    // The order is that of the code points of the keys, whatever it is in config.json.
    const embedders = Object.keys(entries)
      .sort()
      .map((key) => {
        const place = scope.at(`token_embedder_${key}`);
        return { key, embedder: buildModule('token_embedder', place, entries[key] ?? {}) };
      });
    return {
      outputDim: embedders.reduce((width, { embedder }) => width + embedder.outputDim, 0),
      embed(field, wrapping = []) {
        const axes = ['batch', ...wrapping, `${field}/tokens`];
        const parts = embedders.map(({ key, embedder }) => embedder.embed(`${field}.${key}`, axes));
        const vectors = parts.flatMap((part) => part.vectors ?? []);
        const masked = MASKS.flatMap((from) => parts.filter(({ maskFrom }) => maskFrom === from))[0];
        if (vectors.length === 0 || masked === undefined) {
          throw new ToolchainError('SOURCE_UNSUPPORTED', `${scope.path} embeds nothing of '${field}'.`);
        }
        return { vectors: concat(scope, vectors, -1), mask: masked.mask() };
      },
    };
  },
};
