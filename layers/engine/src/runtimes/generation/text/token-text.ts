/**
 * What each token of a vocabulary is inside a text, by the `decoder` of tokenizer.json. The steps of decoders are those of
 * https://github.com/huggingface/tokenizers (tokenizers/src/decoders), as far as models that generate have them.
 */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { bytesOfCharacters } from './byte-characters.ts';

/** One token. */
export interface TokenText {
  readonly bytes: Uint8Array;
  /** Whether it is a byte of a character that the vocabulary lacks. */
  readonly isByte: boolean;
}

export interface TextRules {
  /** Gives a token as it stands inside a text. */
  readonly inside: (token: string) => TokenText;
  /** Gives a token as it stands where a text begins. */
  readonly first: (token: string) => TokenText;
  /** Spaces that the beginning and the end of a text lose, at most. */
  readonly strip: { readonly start: number; readonly end: number };
  /** Spaces that the first token of a text loses, at most. */
  readonly startSpaces: number;
}

const text = z.string();
const count = z.int().check(z.nonnegative());
const stepSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ByteLevel') }),
  z.object({ type: z.literal('ByteFallback') }),
  z.object({ type: z.literal('Fuse') }),
  z.object({ type: z.literal('Replace'), pattern: z.object({ String: text }), content: text }),
  z.object({ type: z.literal('Strip'), content: text, start: count, stop: count }),
  z.object({
    type: z.literal('Metaspace'),
    replacement: text,
    prepend_scheme: z._default(z.enum(['always', 'first', 'never']), 'always'),
    add_prefix_space: z.optional(z.boolean()),
  }),
  z.object({ type: z.literal('WordPiece'), prefix: text, cleanup: z.boolean() }),
  z.object({ type: z.literal('BPEDecoder'), suffix: text }),
]);
type Step = z.infer<typeof stepSchema>;
const decoderSchema = z.nullish(
  z.union([stepSchema, z.object({ type: z.literal('Sequence'), decoders: z.array(stepSchema) })]),
);

/** A change of one token, inside a text or where it begins. */
type Change = (token: string, isFirst: boolean) => string;

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/** @throws EngineError PACKAGE_INVALID for a decoder that no text can be streamed with */
export function readTextRules(decoder: unknown): TextRules {
  const parsed = decoderSchema.safeParse(decoder);
  if (!parsed.success) throw unsupported(parsed.error);
  const steps = parsed.data ? ('decoders' in parsed.data ? parsed.data.decoders : [parsed.data]) : [];
  if (steps.length === 0) return textRules([(token, isFirst) => (isFirst ? token : ` ${token}`)]);
  if (steps.length === 1 && steps[0]?.type === 'ByteLevel') return byteLevelRules();
  const changes: Change[] = [];
  const strip = { start: 0, end: 0 };
  let [hasBytes, isFused] = [false, false];
  for (const step of steps) {
    if (step.type === 'ByteFallback') hasBytes = true;
    else if (step.type === 'Fuse') isFused = true;
    else if (step.type === 'BPEDecoder') {
      changes.push((token) => token.replaceAll(step.suffix, ' '));
      strip.end = 1;
    } else if (isFused && step.type === 'Strip' && step.content === ' ') {
      [strip.start, strip.end] = [step.start, step.stop];
    } else if (isFused || step.type === 'ByteLevel') throw unsupported();
    else changes.push(changeOf(step));
  }
  const losesAll = steps.some((step) => step.type === 'Metaspace' && losesFirstSpace(step));
  return {
    ...textRules(changes, hasBytes),
    strip,
    startSpaces: losesAll ? Number.POSITIVE_INFINITY : strip.start,
  };
}

function unsupported(cause?: unknown): EngineError {
  return new EngineError(
    'PACKAGE_INVALID',
    'Its tokenizer.json has a decoder that is not supported: ByteLevel, Metaspace, WordPiece, BPEDecoder and the byte fallback of SentencePiece are.',
    { cause },
  );
}

/** Every token is the characters that stand for its bytes; one that has others, an added token, is itself. */
function byteLevelRules(): TextRules {
  const inside = (token: string): TokenText => ({
    bytes: bytesOfCharacters(token) ?? Buffer.from(token),
    isByte: false,
  });
  return { inside, first: inside, strip: { start: 0, end: 0 }, startSpaces: 0 };
}

function textRules(changes: readonly Change[], hasBytes = false): TextRules {
  const apply = (token: string, isFirst: boolean): TokenText => {
    const changed = changes.reduce((current, change) => change(current, isFirst), token);
    const byte = hasBytes ? BYTE_TOKEN.exec(changed)?.[1] : undefined;
    return byte === undefined
      ? { bytes: Buffer.from(changed), isByte: false }
      : { bytes: Uint8Array.of(Number.parseInt(byte, 16)), isByte: true };
  };
  return {
    inside: (token) => apply(token, false),
    first: (token) => apply(token, true),
    strip: { start: 0, end: 0 },
    startSpaces: 0,
  };
}

const losesFirstSpace = ({
  prepend_scheme,
  add_prefix_space,
}: Extract<Step, { readonly type: 'Metaspace' }>): boolean =>
  prepend_scheme !== 'never' && add_prefix_space !== false;

type LocalStep = Exclude<Step, { readonly type: 'ByteLevel' | 'ByteFallback' | 'Fuse' | 'BPEDecoder' }>;

function changeOf(step: LocalStep): Change {
  switch (step.type) {
    case 'Replace':
      return (token) => token.replaceAll(step.pattern.String, step.content);
    case 'Strip':
      return (token) => stripCharacter(token, step);
    case 'Metaspace': {
      const losesFirst = losesFirstSpace(step);
      return (token, isFirst) => token.replaceAll(step.replacement, isFirst && losesFirst ? '' : ' ');
    }
    case 'WordPiece':
      return (token, isFirst) => {
        const joined = isFirst
          ? token
          : token.startsWith(step.prefix)
            ? token.slice(step.prefix.length)
            : ` ${token}`;
        return step.cleanup ? cleanUpWordPiece(joined) : joined;
      };
  }
}

function stripCharacter(
  token: string,
  { content, start, stop }: { readonly content: string; readonly start: number; readonly stop: number },
): string {
  const characters = Array.from(token);
  let [from, to] = [0, characters.length];
  while (from < start && from < to && characters[from] === content) from++;
  for (let cut = 0; cut < stop && to > from && characters[to - 1] === content; cut++) to--;
  return characters.slice(from, to).join('');
}

/** What the decoder of WordPiece takes away; `cleanup` of tokenizers. */
function cleanUpWordPiece(token: string): string {
  const rules = [
    [' .', '.'],
    [' ?', '?'],
    [' !', '!'],
    [' ,', ','],
    [" ' ", "'"],
    [" n't", "n't"],
    [" 'm", "'m"],
    [' do not', " don't"],
    [" 's", "'s"],
    [" 've", "'ve"],
    [" 're", "'re"],
  ] as const;
  return rules.reduce((cleaned, [found, put]) => cleaned.replaceAll(found, put), token);
}
