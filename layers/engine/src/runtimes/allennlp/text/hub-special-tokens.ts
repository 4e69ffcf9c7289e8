/** The special tokens of a hub model: those that its files name, and those that its tokenizer puts around texts. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { AddedTokenOptions, Tokenizer as NativeTokenizer } from 'tokenizers';
import * as z from 'zod/mini';
import type { Token } from './token.ts';

/** What stands around the words of a text, and of a pair. */
export interface SpecialTokens {
  readonly single: {
    readonly start: readonly Token[];
    readonly end: readonly Token[];
    readonly typeId: number;
  };
  readonly pair: {
    readonly start: readonly Token[];
    readonly middle: readonly Token[];
    readonly end: readonly Token[];
    readonly firstTypeId: number;
    readonly secondTypeId: number;
  };
}

/** The text of a token. */
type TextOf = (id: number) => string | undefined;

/** The two texts that the tokenizer is asked with; those of the second pair where the first are no single tokens. */
const PROBES = [
  ['a', 'b'],
  ['1', '2'],
] as const;

/**
 * Finds the special tokens by encoding two short texts alone and as a pair, as AllenNLP does.
 *
 * @throws EngineError PACKAGE_INVALID where they do not show
 */
export async function findSpecialTokens(
  native: NativeTokenizer,
  textOf: TextOf,
  modelName: string,
): Promise<SpecialTokens> {
  for (const [first, second] of PROBES) {
    const found = await probe(native, textOf, first, second);
    if (found) return found;
  }
  throw new EngineError('PACKAGE_INVALID', `The special tokens of ${modelName} cannot be found.`);
}

async function probe(
  native: NativeTokenizer,
  textOf: TextOf,
  first: string,
  second: string,
): Promise<SpecialTokens | undefined> {
  const [firstId] = (await native.encode(first, null, { addSpecialTokens: false })).getIds();
  const [secondId] = (await native.encode(second, null, { addSpecialTokens: false })).getIds();
  const single = await encodeTokens(native, textOf, first);
  const pair = await encodeTokens(native, textOf, first, second);
  const only = single.findIndex(({ textId }) => textId === firstId);
  const a = pair.findIndex(({ textId }) => textId === firstId);
  const b = pair.findIndex(({ textId }) => textId === secondId);
  if (firstId === secondId || only < 0 || a < 0 || b < a) return undefined;
  return {
    single: { start: single.slice(0, only), end: single.slice(only + 1), typeId: single[only]?.typeId ?? 0 },
    pair: {
      start: pair.slice(0, a),
      middle: pair.slice(a + 1, b),
      end: pair.slice(b + 1),
      firstTypeId: pair[a]?.typeId ?? 0,
      secondTypeId: pair[b]?.typeId ?? 0,
    },
  };
}

async function encodeTokens(
  native: NativeTokenizer,
  textOf: TextOf,
  text: string,
  pair?: string,
): Promise<Token[]> {
  const encoding = await native.encode(text, pair ?? null);
  const typeIds = encoding.getTypeIds();
  return encoding.getIds().map((textId, index) => ({
    text: textOf(textId) ?? '',
    textId,
    typeId: typeIds[index] ?? 0,
  }));
}

interface NamedToken {
  readonly content: string;
  readonly options: AddedTokenOptions;
}

const tokenSchema = z.union([
  z.string(),
  z.object({
    content: z.string(),
    single_word: z._default(z.boolean(), false),
    lstrip: z._default(z.boolean(), false),
    rstrip: z._default(z.boolean(), false),
    normalized: z._default(z.boolean(), true),
  }),
]);

/** What the classes of transformers take where the files say nothing; only of those whose tokenizer.json may lack its special tokens. */
const BERT = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};
const ROBERTA = {
  bos_token: '<s>',
  eos_token: '</s>',
  sep_token: '</s>',
  cls_token: '<s>',
  unk_token: '<unk>',
  pad_token: '<pad>',
  mask_token: { content: '<mask>', lstrip: true },
};
const CLASS_TOKENS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  bert: BERT,
  distilbert: BERT,
  electra: BERT,
  roberta: ROBERTA,
  bart: ROBERTA,
};

const NAMES = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

/** The special tokens that the files of a hub model name, which a tokenizer recognises in texts, and the one that pads. */
export function namedSpecialTokens(
  files: Readonly<Record<string, unknown>>,
  modelType: string,
): { readonly tokens: readonly NamedToken[]; readonly pad: string | undefined } {
  const named = { ...CLASS_TOKENS[modelType], ...files };
  const additional = Array.isArray(named.additional_special_tokens) ? named.additional_special_tokens : [];
  const values = [...NAMES.map((name) => named[name]), ...additional];
  return { tokens: values.flatMap(toNamedToken), pad: toNamedToken(named.pad_token)[0]?.content };
}

function toNamedToken(value: unknown): NamedToken[] {
  const parsed = tokenSchema.safeParse(value);
  if (!parsed.success) return [];
  if (typeof parsed.data === 'string') return [{ content: parsed.data, options: { normalized: false } }];
  const { content, single_word: singleWord, lstrip: leftStrip, rstrip: rightStrip, normalized } = parsed.data;
  return [{ content, options: { singleWord, leftStrip, rightStrip, normalized } }];
}
