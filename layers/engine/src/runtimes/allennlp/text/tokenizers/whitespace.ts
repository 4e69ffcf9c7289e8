import * as z from 'zod/mini';
import { WORD } from '../python-text.ts';
import { define } from '../registry.ts';
import type { Token } from '../token.ts';
import { plainTokenizer } from './tokenizer.ts';

const schema = z.strictObject({});

function definition(type: string) {
  return define({
    type,
    schema,
    open: () => ({
      ...plainTokenizer(type, (text) => (text.match(WORD) ?? []).map((word) => ({ text: word }))),
      fromWords: (words: readonly Token[]) => [...words],
    }),
  });
}

/** Splits at white space; tokens have no offsets. */
export const whitespace = definition('whitespace');
/** The older name of `whitespace`, which splits at all white space too. */
export const justSpaces = definition('just_spaces');
