/** What the embedders of a model mean for what it can read. */
import * as z from 'zod/mini';
import { namedParams, parseParams } from '../text/params.ts';

const basic = z.object({ token_embedders: z._default(z.record(z.string(), z.unknown()), {}) });
const encoded = z.object({ encoder: z.optional(z.unknown()) });
const PLACE = 'model.text_field_embedder';

/** Whether a text field is embedded by tables of vectors alone, which take a text without tokens too. */
export function embedsIdsOnly(embedder: unknown): boolean {
  return embeddersOf(embedder).every(({ type }) => type === 'embedding' || type === 'empty');
}

/**
 * Whether the vector of a word depends on the longest word of its batch: the encoder of its characters does not mask their padding,
 * in AllenNLP neither.
 */
export function dependsOnPadding(embedder: unknown): boolean {
  return embeddersOf(embedder).some(({ params }) => {
    const { encoder } = parseParams(encoded, params, PLACE);
    return encoder !== undefined && namedParams(encoder, '', `${PLACE}.encoder`).type === 'cnn-highway';
  });
}

function embeddersOf(embedder: unknown) {
  const { params } = namedParams(embedder, 'basic', PLACE);
  const { token_embedders: embedders } = parseParams(basic, params, PLACE);
  return Object.values(embedders).map((entry) => namedParams(entry, 'embedding', PLACE));
}
