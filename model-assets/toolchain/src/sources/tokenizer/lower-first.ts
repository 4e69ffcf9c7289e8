/** The lower case of sentence-transformers, which goes before everything else that a tokenizer does to a text. */
import { z } from 'zod';
import type { Component } from './tokenizer-json.ts';

const sequenceSchema = z.object({
  type: z.literal('Sequence'),
  normalizers: z.array(z.looseObject({ type: z.string() })),
});

/** Puts lower case before a normalizer, unless it has it already: what sentence-transformers makes of `do_lower_case`. */
export function lowerFirst(normalizer: Component | null | undefined): Component | null | undefined {
  if (hasLowerCase(normalizer)) return normalizer;
  const sequence = sequenceSchema.safeParse(normalizer).data;
  const others = sequence?.normalizers ?? (normalizer ? [normalizer] : []);
  return { type: 'Sequence', normalizers: [{ type: 'Lowercase' }, ...others] };
}

/** Tells whether a normalizer makes all letters small. */
export function hasLowerCase(normalizer: Component | null | undefined): boolean {
  if (normalizer?.type === 'Lowercase') return true;
  if (normalizer?.type === 'BertNormalizer') return normalizer.lowercase === true;
  return sequenceSchema.safeParse(normalizer).data?.normalizers.some(hasLowerCase) ?? false;
}
