/**
 * Refuses a tokenizer.json whose settings make texts very much longer, or the work on one word. The native library would ask for
 * all the memory that there is, and the process would end without an error; or a thread of it would work for hours.
 */
import { ownValue, parseUntilFault } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';

/** Times as long as the text that a normaliser or a decoder may make it. Those of published models replace one character by one. */
const MOST_GROWTH = 64;
/** A normaliser that writes each byte as a character, of two bytes itself, and of up to four there may be one in a character. */
const BYTE_LEVEL = 4;
/** Special tokens that may be put around a text. */
const MOST_SPECIAL_TOKENS = 1000;
/** Characters of a word that WordPiece looks up; the work is their square. Published models have 100. */
const MOST_WORD = 1000;

const text = z.string();
const pattern = z.union([z.object({ String: text }), z.object({ Regex: text })]);
/** A step that replaces, or any other, or several one after the other. */
const step = z.object({
  type: z.optional(text),
  pattern: z.optional(pattern),
  content: z.optional(z.unknown()),
  prepend: z.optional(text),
  precompiled_charsmap: z.nullish(text),
  get normalizers() {
    return z.optional(z.array(step));
  },
  get pretokenizers() {
    return z.optional(z.array(step));
  },
  get decoders() {
    return z.optional(z.array(step));
  },
});
const piece = z.object({
  Sequence: z.optional(z.object({ id: text })),
  SpecialToken: z.optional(z.object({ id: text })),
});
const template = z.optional(z.array(piece));
/** A template of what stands around a text, or several one after the other. */
const processor = z.object({
  single: template,
  pair: template,
  special_tokens: z.optional(z.record(text, z.object({ ids: z.array(z.number()) }))),
  get processors() {
    return z.optional(z.array(processor));
  },
});
type Processor = z.infer<typeof processor>;
type Step = z.infer<typeof step>;
const settings = z.object({
  normalizer: z.nullish(step),
  pre_tokenizer: z.nullish(step),
  decoder: z.nullish(step),
  post_processor: z.nullish(processor),
  model: z.optional(z.object({ max_input_chars_per_word: z.optional(z.number()) })),
});

/** @throws EngineError PACKAGE_INVALID */
export function refuseGrowth(tokenizerJson: unknown): void {
  const parsed = parseUntilFault(settings, tokenizerJson);
  if (!parsed.success) throw refusal('is not as the library writes it', parsed.error);
  const { normalizer, pre_tokenizer, decoder, post_processor, model } = parsed.data;
  if (Math.max(growthOf(normalizer) * growthOf(pre_tokenizer), growthOf(decoder)) > MOST_GROWTH)
    throw refusal(`makes texts more than ${MOST_GROWTH} times as long`);
  if (repeatsText(post_processor)) throw refusal('gives a text more than once');
  if (countSpecials(post_processor) > MOST_SPECIAL_TOKENS)
    throw refusal(`puts more than ${MOST_SPECIAL_TOKENS} special tokens around a text`);
  if ((model?.max_input_chars_per_word ?? 0) > MOST_WORD)
    throw refusal(`looks up words of more than ${MOST_WORD} characters`);
}

/** How many times as long a text of one character can become. */
function growthOf(given: Step | null | undefined): number {
  if (!given) return 1;
  const { normalizers = [], pretokenizers = [], decoders = [] } = given;
  const steps = [...normalizers, ...pretokenizers, ...decoders];
  return steps.reduce((growth, next) => growth * growthOf(next), growthOfStep(given));
}

function growthOfStep({
  type,
  pattern: replaced,
  content,
  prepend = '',
  precompiled_charsmap,
}: Step): number {
  if (type === 'ByteLevel') return BYTE_LEVEL;
  if (precompiled_charsmap) return longestOf(precompiled_charsmap);
  const own = replaced && typeof content === 'string' ? growthOfReplacement(replaced, content) : 1;
  return own + prepend.length;
}

/** The longest text of a map of characters: the length of a trie as 32 bits, the trie, and texts that each end with a zero. */
function longestOf(charsmap: string): number {
  const bytes = Buffer.from(charsmap, 'base64');
  const trie = bytes.length < 4 ? 0 : bytes.readUInt32LE();
  const texts = bytes
    .subarray(4 + trie)
    .toString()
    .split('\0');
  return texts.reduce((longest, { length }) => Math.max(longest, length), 1);
}

/** An expression can match one character, or the empty text before it. */
function growthOfReplacement(replaced: z.infer<typeof pattern>, content: string): number {
  return 'String' in replaced
    ? Math.max(1, content.length / Math.max(1, replaced.String.length))
    : 1 + content.length;
}

/** Special tokens are counted as often as a template has them, those of a single text and of a pair together. */
function countSpecials(given: Processor | null | undefined): number {
  const { single = [], pair = [], special_tokens = {}, processors = [] } = given ?? {};
  const idsOf = (name: string): number => ownValue(special_tokens, name)?.ids.length ?? 0;
  const named = [
    ...Object.keys(special_tokens),
    ...[...single, ...pair].map(({ SpecialToken }) => SpecialToken?.id ?? ''),
  ];
  const own = named.reduce((sum, name) => sum + idsOf(name), 0);
  return processors.reduce((sum, next) => sum + countSpecials(next), own);
}

/** Whether a template has the same text twice: those of a sequence would multiply it. */
function repeatsText(given: Processor | null | undefined): boolean {
  const { single = [], pair = [], processors = [] } = given ?? {};
  const repeats = (pieces: readonly z.infer<typeof piece>[]): boolean => {
    const texts = pieces.flatMap(({ Sequence }) => Sequence?.id ?? []);
    return new Set(texts).size < texts.length;
  };
  return repeats(single) || repeats(pair) || processors.some(repeatsText);
}

function refusal(reason: string, cause?: unknown): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    `Its tokenizer ${reason}. Repair tokenizer.json, and package the model again.`,
    {
      cause,
    },
  );
}
