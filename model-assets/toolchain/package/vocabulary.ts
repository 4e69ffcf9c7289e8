import * as z from 'zod';
import { ToolchainError } from '../errors.ts';

/** The parts of a tokenizer.json that say which tokens there are: BPE and WordPiece have a map, Unigram a list. */
const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.int().nonnegative(), content: z.string() })).default([]),
  model: z.object({
    vocab: z.union([z.record(z.string(), z.int().nonnegative()), z.array(z.tuple([z.string(), z.number()]))]),
  }),
});

export interface Vocabulary {
  /** Distinct tokens, added ones included: what the tokenizers library calls the vocabulary size. */
  readonly size: number;
  /** Largest id that the tokenizer can give: the model needs an embedding row for it. */
  readonly highestId: number;
}

/** Reads the content of a tokenizer.json. Throws SOURCE_INVALID. */
export function vocabularyOf(tokenizerJson: string): Vocabulary {
  const { model, added_tokens } = parse(tokenizerJson);
  const entries: [string, number][] = Array.isArray(model.vocab)
    ? model.vocab.map(([token], id) => [token, id])
    : Object.entries(model.vocab);
  const ids = new Map(entries);
  for (const { content, id } of added_tokens) ids.set(content, id);
  let highestId = -1;
  for (const id of ids.values()) highestId = Math.max(highestId, id);
  return { size: ids.size, highestId };
}

function parse(tokenizerJson: string): z.infer<typeof tokenizerSchema> {
  try {
    return tokenizerSchema.parse(JSON.parse(tokenizerJson));
  } catch (cause) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      'tokenizer.json is not one of the tokenizers library: it has no model.vocab. Save the tokenizer with ' +
        'save_pretrained of a fast tokenizer.',
      { cause },
    );
  }
}
