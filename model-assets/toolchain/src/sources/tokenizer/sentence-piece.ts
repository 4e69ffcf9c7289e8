/** Tokenizers of SentencePiece models, as `convert_slow_tokenizer` of transformers 4.57 makes them. */
import type { Draft } from './draft.ts';
import type { Piece, SentencePieceModel } from './sentence-piece-model.ts';
import type { TokenizerSettings } from './settings.ts';
import type { Component, TokenizerJson } from './tokenizer-json.ts';

/** The way in which a class makes a tokenizer of a SentencePiece model. */
export interface PieceRecipe {
  /** The vocabulary in the order of ids. @default - the pieces as they are */
  readonly vocabulary?: (pieces: readonly Piece[], settings: TokenizerSettings) => readonly Piece[];
  /** Id of the unknown token. @default - that of the model */
  readonly unknownId?: (id: number) => number;
  readonly normalizers: (charsmap: readonly Component[], settings: TokenizerSettings) => readonly Component[];
  readonly preTokenizers: (settings: TokenizerSettings) => readonly Component[];
  /** Whether characters that the vocabulary lacks become their bytes. */
  readonly byteFallback?: boolean;
  /** Whether a text that is read back loses the space that stands before it. @default - it does */
  readonly losesSpace?: (settings: TokenizerSettings) => boolean;
}

/** Stands for a space in pieces. */
export const SPACE = '▁';
const metaspace = (prepend_scheme: string, split = true): Component => ({
  type: 'Metaspace',
  replacement: SPACE,
  prepend_scheme,
  split,
});
const replace = (pattern: Readonly<Record<string, string>>, content: string): Component => ({
  type: 'Replace',
  pattern,
  content,
});
/** Words with the space before them. A space that stands alone, before an added token, is no token: so do SentencePiece and release 5. */
const WORDS: readonly Component[] = [
  { type: 'Split', pattern: { String: ' ' }, behavior: 'Removed', invert: false },
  metaspace('always'),
];
const ONE_SPACE = replace({ Regex: ' {2,}' }, ' ');

/** A tokenizer with a space before every text, where it has none, and without it in what is read back. */
export function withFirstSpace(tokenizer: TokenizerJson): TokenizerJson {
  const always = (part: Component | null | undefined) =>
    part?.type === 'Metaspace' && part.prepend_scheme === 'never'
      ? { ...part, prepend_scheme: 'always' }
      : part;
  return {
    ...tokenizer,
    pre_tokenizer: always(tokenizer.pre_tokenizer),
    decoder: always(tokenizer.decoder),
  };
}

/** The parts of most classes. */
export const COMMON = {
  normalizers: (charsmap: readonly Component[]) => [
    ...charsmap,
    { type: 'Strip', strip_left: false, strip_right: true },
    ONE_SPACE,
  ],
  preTokenizers: () => WORDS,
} satisfies Pick<PieceRecipe, 'normalizers' | 'preTokenizers'>;

/** ALBERT and XLNet, which make pieces of a digit and a comma unlikely. */
export function albertLike(
  lowerByDefault: boolean,
): Pick<PieceRecipe, 'vocabulary' | 'normalizers' | 'preTokenizers'> {
  return {
    vocabulary: (pieces) =>
      pieces.map((entry) => (/\p{Nd},$/u.test(entry.piece) ? { ...entry, score: entry.score - 100 } : entry)),
    normalizers: (charsmap, { keep_accents, do_lower_case }) => [
      replace({ String: '``' }, '"'),
      replace({ String: "''" }, '"'),
      ...(keep_accents ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
      ...((do_lower_case ?? lowerByDefault) ? [{ type: 'Lowercase' }] : []),
      ...charsmap,
      ONE_SPACE,
    ],
    preTokenizers: () => [{ type: 'WhitespaceSplit' }, metaspace('always')],
  };
}

export const DEBERTA: Pick<PieceRecipe, 'normalizers' | 'preTokenizers'> = {
  normalizers: (charsmap, { do_lower_case }) => [
    ...(do_lower_case ? [{ type: 'Lowercase' }] : []),
    { type: 'Strip', strip_left: true, strip_right: true },
    ...charsmap,
    ONE_SPACE,
  ],
  preTokenizers: ({ split_by_punct }) => [
    ...(split_by_punct ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []),
    metaspace('always'),
  ],
};

/** T5 of `legacy: false` puts its space before the first word alone, if at all. */
export const T5: Pick<PieceRecipe, 'vocabulary' | 'normalizers' | 'preTokenizers'> = {
  vocabulary: (pieces, { extra_ids }) => [...pieces, ...plain(extraIds(extra_ids).reverse())],
  normalizers: COMMON.normalizers,
  preTokenizers: ({ legacy, add_prefix_space }) =>
    legacy === false ? [metaspace(add_prefix_space === false ? 'never' : 'first')] : WORDS,
};

/** Llama puts a space before every part of a text between special tokens, and before the text alone with `legacy: false`. */
export const LLAMA: PieceRecipe = {
  normalizers: (_, { legacy, add_prefix_space }) =>
    legacy === false
      ? []
      : [
          ...(add_prefix_space === false ? [] : [{ type: 'Prepend', prepend: SPACE }]),
          replace({ String: ' ' }, SPACE),
        ],
  preTokenizers: ({ legacy, add_prefix_space }) =>
    legacy === false ? [metaspace(add_prefix_space === false ? 'never' : 'first', false)] : [],
  byteFallback: true,
  losesSpace: ({ add_prefix_space }) => add_prefix_space !== false,
};

/** Gemma puts no space before a text, and has a tab where its model has a byte. */
export const GEMMA: PieceRecipe = {
  vocabulary: (pieces) => [
    ...plain(['<pad>', '<eos>', '<bos>']),
    ...pieces.slice(3).map((entry) => (entry.piece === '<0x09>' ? { ...entry, piece: '\t' } : entry)),
  ],
  normalizers: () => [replace({ String: ' ' }, SPACE)],
  preTokenizers: () => [
    { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
  ],
  byteFallback: true,
  losesSpace: () => false,
};

/** The sentinels of T5: `<extra_id_0>` and on. */
export const extraIds = (count: number | null | undefined): string[] =>
  Array.from({ length: count ?? 100 }, (_, index) => `<extra_id_${index}>`);

/** Tokens that stand in a vocabulary without being pieces of words. */
export const plain = (tokens: readonly string[], score = 0): Piece[] =>
  tokens.map((piece) => ({ piece, score }));

/** The vocabulary of fairseq: four tokens at the front in place of the first three pieces, others at the end. */
export const fairseq =
  (...end: readonly string[]) =>
  (pieces: readonly Piece[]): readonly Piece[] => [
    ...plain(['<s>', '<pad>', '</s>', '<unk>']),
    ...pieces.slice(3),
    ...plain(end),
  ];

export function buildSentencePiece(
  model: SentencePieceModel,
  recipe: PieceRecipe,
  settings: TokenizerSettings,
): Draft {
  const { vocabulary = (pieces) => pieces, unknownId = (id) => id, byteFallback = false } = recipe;
  const losesSpace = recipe.losesSpace?.(settings) ?? true;
  const pieces = vocabulary(model.pieces, settings);
  const charsmap =
    model.charsmap === '' ? [] : [{ type: 'Precompiled', precompiled_charsmap: model.charsmap }];
  const normalizers = recipe.normalizers(charsmap, settings);
  const pretokenizers = recipe.preTokenizers(settings);
  return {
    normalizer: normalizers.length === 0 ? null : { type: 'Sequence', normalizers },
    pre_tokenizer: pretokenizers.length === 0 ? null : { type: 'Sequence', pretokenizers },
    decoder: byteFallback ? byteDecoder(losesSpace) : metaspace('always'),
    model: {
      ...(model.algorithm === 'unigram' ? unigram(pieces, unknownId(model.unknown.id)) : bpe(pieces, model)),
      byte_fallback: byteFallback,
    },
    symbols: model.symbols,
  };
}

const byteDecoder = (losesSpace: boolean): Component => ({
  type: 'Sequence',
  decoders: [
    replace({ String: SPACE }, ' '),
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(losesSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ],
});

function unigram(pieces: readonly Piece[], unk_id: number): TokenizerJson['model'] {
  return { type: 'Unigram', unk_id, vocab: pieces.map(({ piece, score }) => [piece, score]) };
}

function bpe(pieces: readonly Piece[], { unknown, pieces: own }: SentencePieceModel): TokenizerJson['model'] {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unknown.piece,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    vocab: Object.fromEntries(pieces.map(({ piece }, id) => [piece, id])),
    merges: listMerges(pieces, new Map(own.map(({ piece }, id) => [piece, id]))),
  };
}

/**
 * Lists the merges of a BPE that SentencePiece saved as scored pieces: every way in which two pieces make a third, the best score
 * first, then the longer parts, then the parts that come first in the model.
 */
function listMerges(pieces: readonly Piece[], ids: ReadonlyMap<string, number>): [string, string][] {
  const scores = new Map(pieces.map(({ piece, score }) => [piece, score]));
  const merges = [...scores].flatMap(([piece, score]) => {
    const characters = [...piece];
    return characters
      .slice(1)
      .flatMap((_, index) => {
        const left = characters.slice(0, index + 1).join('');
        const right = characters.slice(index + 1).join('');
        const [leftId, rightId] = [ids.get(left), ids.get(right)];
        return leftId === undefined || rightId === undefined
          ? []
          : [{ left, right, leftId, rightId, score, length: index + 1, rest: characters.length - index - 1 }];
      })
      .sort((one, other) => one.leftId - other.leftId || one.rightId - other.rightId);
  });
  return merges
    .sort((one, other) => other.score - one.score || other.length - one.length || other.rest - one.rest)
    .map(({ left, right }) => [left, right]);
}
