/** Calibration texts as inputs of a graph. */
import type { TokenRequest } from '@pilotlight/engine';
import { createRustTokenizer } from '@pilotlight/engine/internal/tokenizer/rust-tokenizer';
import type { TextProcessing } from '@pilotlight/model-format';
import type { Feed } from '../../runtime/run-graph.ts';
import type { ModelSource } from '../../sources/index.ts';

/** Longer texts say little more of what products read, and attention takes the square of their length. */
const LONGEST = 256;

/**
 * Tokenises requests with the tokenizer of a package in `folder`, cut to what the model takes; those without a token are left out.
 */
export async function encodeFeeds(
  folder: string,
  textProcessing: TextProcessing,
  requests: readonly TokenRequest[],
  inputs: Pick<ModelSource, 'inputs'>['inputs'],
): Promise<readonly Feed[]> {
  const files = { path: (file: string) => `${folder}/${file}` };
  const tokenizer = await createRustTokenizer(files, textProcessing);
  try {
    const maxTokens = Math.min(LONGEST, textProcessing.maxTokens);
    const encodings = (await tokenizer.encode(requests, { maxTokens })).flat();
    return encodings
      .filter(({ ids }) => ids.length > 0)
      .map(({ ids, typeIds }) => {
        const values = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: typeIds };
        return Object.fromEntries(inputs.map(({ name, role }) => [name, values[role]]));
      });
  } finally {
    tokenizer.dispose();
  }
}
