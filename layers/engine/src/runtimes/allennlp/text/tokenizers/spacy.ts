import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { isSpace, matchTokens, WORD, withOffsets } from '../python-text.ts';
import { define, type Place } from '../registry.ts';
import { tokenizeEnglish } from '../spacy/rule-tokenizer.ts';
import type { Token } from '../token.ts';
import { plainTokenizer, type Tokenizer } from './tokenizer.ts';

const schema = z.strictObject({
  /** Only English has rules here; the size of the model makes no difference to words. */
  language: z._default(
    z.enum(['en_core_web_sm', 'en_core_web_md', 'en_core_web_lg', 'en_core_web_trf', 'en']),
    'en_core_web_sm',
  ),
  pos_tags: z.optional(z.boolean()),
  parse: z.optional(z.boolean()),
  ner: z.optional(z.boolean()),
  keep_spacy_tokens: z.optional(z.boolean()),
  split_on_spaces: z._default(z.boolean(), false),
  start_tokens: z.nullish(z.array(z.string())),
  end_tokens: z.nullish(z.array(z.string())),
});
type Options = z.infer<typeof schema>;

/**
 * spaCy's words by its rules for English, or by white space where the archive was added so. They have offsets, and no tags:
 * a client that has spaCy's tags sends its words with them.
 */
export const spacy = define({ type: 'spacy', schema, open: openSpacy });

/** What is said of words that spaCy would have tagged. */
const UNTAGGED = { lacksTags: true };

function openSpacy(options: Options, { archive }: Place): Tokenizer {
  const split = options.split_on_spaces
    ? splitOnSpaces
    : archive.config.tokenization === 'whitespace'
      ? (text: string) => matchTokens(text, WORD)
      : splitByRules;
  const start = (options.start_tokens ?? []).map((text) => ({ text, idx: 0 }));
  const end = (options.end_tokens ?? []).map((text) => ({ text, idx: -1 }));
  const fromWords = (words: readonly Token[]): Token[] => [...start, ...words, ...end];
  return { ...plainTokenizer('spacy', (text) => fromWords(split(text))), fromWords };
}

function splitByRules(text: string): Token[] {
  const tokens = withOffsets(text, tokenizeEnglish(text), UNTAGGED);
  return tokens.some((token) => isSpace(token.text))
    ? tokens.filter((token) => !isSpace(token.text))
    : tokens;
}

/**
 * At single spaces, whatever other white space a word has.
 *
 * @throws EngineError INVALID_INPUT for two spaces in a row or one at an end: a word without characters, at which spaCy fails
 */
function splitOnSpaces(text: string): Token[] {
  const words = text.split(' ');
  if (words.includes('')) {
    throw new EngineError(
      'INVALID_INPUT',
      'The model reads words between single spaces, but the text has two in a row, or one at an end.',
    );
  }
  return withOffsets(text, words, UNTAGGED).filter((token) => !isSpace(token.text));
}
