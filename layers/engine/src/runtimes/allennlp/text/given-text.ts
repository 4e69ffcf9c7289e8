/** Texts of the predictor's JSON: a string, or the words of a client that tokenizes for itself. */
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { inField } from './in-field.ts';
import { joinedOffsets } from './python-text.ts';
import type { Token } from './token.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';

/** A text, with its words where the client divided it. Words alone stand for a text with one space between them. */
export interface GivenText {
  readonly text: string;
  readonly words?: readonly Token[] | undefined;
  /** How errors name it: `inputs.sentence`. */
  readonly field: string;
}

const nonEmpty = z.string().check(z.minLength(1));
const word = z.union(
  [
    nonEmpty,
    z.strictObject({
      text: nonEmpty,
      pos: z.optional(z.string()),
      tag: z.optional(z.string()),
      dep: z.optional(z.string()),
      lemma: z.optional(z.string()),
      ent_type: z.optional(z.string()),
    }),
  ],
  {
    error:
      'must be a word, or an object with the text of a word and with its pos, tag, dep, lemma and ent_type',
  },
);
const wordList = z.array(word, { error: 'must be a text, or a list of words' });
type Words = z.infer<typeof word>[];
const inputSchema = z.record(z.string(), z.unknown(), { error: 'must be an object' });
const sentenceList = z.array(z.array(word));

/**
 * Reads the text that the predictor's JSON has under `name`: a string or a list of words. `tokens` may stand for the one text of a
 * predictor that has no other.
 *
 * @throws EngineError INVALID_INPUT with `field`
 */
export function givenText(input: unknown, field: string, name: string, alias?: 'tokens'): GivenText {
  const given = parseInput(inputSchema, input, field);
  const key = given[name] === undefined && alias !== undefined && given[alias] !== undefined ? alias : name;
  const place = `${field}.${key}`;
  const value = given[key];
  if (typeof value === 'string') return { text: value, field: place };
  const words = toTokens(parseInput(wordList, value, place));
  return { text: words.map(({ text }) => text).join(' '), words, field: place };
}

/** Reads `sentences`, the words of a document that the client divided; undefined where the input has none. */
export function givenSentences(input: unknown, field: string): Token[][] | undefined {
  const { sentences } = parseInput(inputSchema, input, field);
  if (sentences === undefined) return undefined;
  return parseInput(sentenceList, sentences, `${field}.sentences`).map(toTokens);
}

/** Tokenizes a text. @throws EngineError INVALID_INPUT for words where the tokenizer of the archive reads whole texts only */
export async function tokenizeGiven(
  { text, words, field }: GivenText,
  tokenizer: Tokenizer,
): Promise<Token[]> {
  if (!words) return inField(field, async () => tokenizer.tokenize(text));
  const { fromWords } = tokenizer;
  if (fromWords) return inField(field, async () => fromWords(words));
  throw new EngineError(
    'INVALID_INPUT',
    `${field}: must be a text: the tokenizer ${tokenizer.type} of this model reads no words.`,
    { details: { field } },
  );
}

/** A feature of every word, which spaCy would give and the rules cannot. @throws EngineError INVALID_INPUT where a word lacks it */
export function neededTags(tokens: readonly Token[], feature: 'pos' | 'tag', field: string): string[] {
  return tokens.map((token) => {
    const value = token[feature];
    if (value !== undefined) return value;
    throw featureMissing(field, feature);
  });
}

/** A feature that the words of a text must have, by the name that clients have for it: `pos`, `ent_type`. */
export function featureMissing(field: string, feature: string): EngineError {
  return new EngineError(
    'INVALID_INPUT',
    `${field}: this model needs the ${feature} of every word: send "tokens" as a list of objects with text and ${feature}.`,
    { details: { field, feature } },
  );
}

function toTokens(words: Words): Token[] {
  const texts = words.map((each) => (typeof each === 'string' ? each : each.text));
  const offsets = joinedOffsets(texts);
  return words.map((each, index) => {
    if (typeof each === 'string') return { text: each, ...offsets[index] };
    const { ent_type: entType, ...token } = each;
    return { ...token, entType, ...offsets[index] };
  });
}

function parseInput<T>(schema: z.ZodMiniType<T>, value: unknown, field: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fault = locateFault(parsed.error.issues[0]);
  const place = [
    field,
    ...fault.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)),
  ];
  const name = place.join('');
  throw new EngineError('INVALID_INPUT', `${name}: ${fault.reason}.`, { details: { field: name } });
}
