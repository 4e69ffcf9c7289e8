import * as z from 'zod/mini';
import { matchTokens, NOT_SPACE } from '../python-text.ts';
import { define } from '../registry.ts';
import { plainTokenizer } from './tokenizer.ts';

/** Runs of letters, runs of digits, and other characters one by one. Numbers that are no digits count among the letters, as in Python. */
const PARTS = new RegExp(`[\\p{L}\\p{Nl}\\p{No}]+|\\p{Nd}+|${NOT_SPACE}`, 'gu');

/** Tokens end nowhere in particular: AllenNLP gives them the offset of their beginning alone. */
export const lettersDigits = define({
  type: 'letters_digits',
  schema: z.strictObject({}),
  open: () =>
    plainTokenizer('letters_digits', (text) =>
      matchTokens(text, PARTS).map(({ idxEnd: _, ...token }) => token),
    ),
});
