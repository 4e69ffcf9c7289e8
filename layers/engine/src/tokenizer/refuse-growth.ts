/**
 * Refuses a tokenizer.json whose settings make texts very much longer. The native library would ask for all the memory that there
 * is, and the process would end without an error.
 */
import { parseUntilFault } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';

/** Times as long as the text that a normaliser or a decoder may make it. Those of published models replace one character by one. */
const MOST_GROWTH = 64;
/** Special tokens that may be put around a text. */
const MOST_SPECIAL_TOKENS = 1000;

const text = z.string();
const pattern = z.union([z.object({ String: text }), z.object({ Regex: text })]);
/** A step that replaces, or any other, or several one after the other. */
const step = z.object({
  pattern: z.optional(pattern),
  content: z.optional(z.unknown()),
  prepend: z.optional(text),
  get normalizers() {
    return z.optional(z.array(step));
  },
  get decoders() {
    return z.optional(z.array(step));
  },
});
const processor = z.object({
  special_tokens: z.optional(z.record(text, z.object({ ids: z.array(z.number()) }))),
  get processors() {
    return z.optional(z.array(processor));
  },
});
type Step = z.infer<typeof step>;
const settings = z.object({
  normalizer: z.nullish(step),
  decoder: z.nullish(step),
  post_processor: z.nullish(processor),
});

/** @throws EngineError PACKAGE_INVALID */
export function refuseGrowth(tokenizerJson: unknown): void {
  const parsed = parseUntilFault(settings, tokenizerJson);
  if (!parsed.success) throw refusal('is not as the library writes it', parsed.error);
  const { normalizer, decoder, post_processor } = parsed.data;
  if (Math.max(growthOf(normalizer), growthOf(decoder)) > MOST_GROWTH)
    throw refusal(`makes texts more than ${MOST_GROWTH} times as long`);
  if (countSpecials(post_processor) > MOST_SPECIAL_TOKENS)
    throw refusal(`puts more than ${MOST_SPECIAL_TOKENS} special tokens around a text`);
}

/** How many times as long a text of one character can become. */
function growthOf(given: Step | null | undefined): number {
  if (!given) return 1;
  const { pattern: replaced, content, prepend = '', normalizers = [], decoders = [] } = given;
  const inner = [...normalizers, ...decoders].reduce((growth, next) => growth * growthOf(next), 1);
  const own = replaced && typeof content === 'string' ? growthOfReplacement(replaced, content) : 1;
  return inner * own + prepend.length;
}

/** An expression can match one character, or the empty text before it. */
function growthOfReplacement(replaced: z.infer<typeof pattern>, content: string): number {
  return 'String' in replaced
    ? Math.max(1, content.length / Math.max(1, replaced.String.length))
    : 1 + content.length;
}

function countSpecials(given: z.infer<typeof processor> | null | undefined): number {
  const { special_tokens = {}, processors = [] } = given ?? {};
  const own = Object.values(special_tokens).reduce((sum, { ids }) => sum + ids.length, 0);
  return processors.reduce((sum, next) => sum + countSpecials(next), own);
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
