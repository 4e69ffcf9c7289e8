/**
 * Tokenizers of Marian: SentencePiece divides a text, and vocab.json says which ids the model has for the pieces. Texts that are read
 * and texts that are generated have tokenizers of their own.
 */
import { ToolchainError } from '../../errors.ts';
import type { SourceFolder } from '../folder.ts';
import type { Draft } from './draft.ts';
import { buildSentencePiece, COMMON, SPACE } from './sentence-piece.ts';
import { type Piece, readSentencePieceModel } from './sentence-piece-model.ts';
import type { TokenizerSettings } from './settings.ts';
import { specialToken } from './special-tokens.ts';
import { tokenIds } from './tokenizer-json.ts';

const VOCABULARY = 'vocab.json';
const UNKNOWN = '<unk>';

/** Codes of languages, which stand before a text: `>>fra<<`. */
const LANGUAGE_CODE = /^>>.+<<$/;

/** Which texts a tokenizer is for: those that the model reads, or those that it generates. */
export type MarianSide = 'source' | 'target';

export interface MarianDraft {
  readonly draft: Draft;
  /** Ids from `from` on are pieces that the model does not know; it reads `id` in their place. */
  readonly unknown: { readonly from: number; readonly id: number };
}

/**
 * Drafts a tokenizer whose ids are those of vocab.json. Pieces of SentencePiece that vocab.json lacks have ids behind them. On the source
 * side, a token that SentencePiece does not have is spelt with a space behind it, so that no text can contain it: only its id counts. On the
 * target side, which only reads texts back, its spaces are spelt as such: transformers asks the SentencePiece model of the source what a
 * piece is, unless the vocabularies are separate, and takes the space of a piece that it knows away where a text begins.
 *
 * @throws ToolchainError SOURCE_INVALID where vocab.json is missing or has gaps
 */
export function draftMarian(
  folder: SourceFolder,
  side: MarianSide,
  settings: TokenizerSettings,
): MarianDraft {
  const isSeparate = side === 'target' && settings.separate_vocabs === true;
  const model = readSentencePieceModel(folder, isSeparate ? 'target.spm' : 'source.spm');
  const file = isSeparate ? 'target_vocab.json' : VOCABULARY;
  const ids = folder.json(file, tokenIds);
  if (!ids)
    throw new ToolchainError('SOURCE_INVALID', `The folder has no ${file}, which says the ids of tokens.`);
  const tokens = Object.entries(ids).sort(([, left], [, right]) => left - right);
  const [, unknownId] = tokens.find(([token]) => token === UNKNOWN) ?? [];
  if (unknownId === undefined || tokens.some(([, id], index) => id !== index))
    throw new ToolchainError(
      'SOURCE_INVALID',
      `${file} must have a token '${UNKNOWN}', and no gaps between ids.`,
    );
  const scores = new Map(model.pieces.map(({ piece, score }) => [piece, score]));
  const least = Math.min(...scores.values());
  const known = tokens.map(([token]): Piece => {
    const score = isSymbol(token) ? least : scores.get(token);
    if (score !== undefined) return { piece: token, score };
    return { piece: side === 'source' ? `${token} ` : token.replaceAll(SPACE, ' '), score: least };
  });
  const foreign = model.pieces.filter(({ piece }) => !Object.hasOwn(ids, piece) && !isSymbol(piece));
  const named = tokens.filter(([token]) => LANGUAGE_CODE.test(token));
  const draft = buildSentencePiece(
    { ...model, symbols: model.symbols.filter(({ special }) => !special) },
    { ...COMMON, vocabulary: () => [...known, ...foreign], unknownId: () => unknownId },
    settings,
  );
  const codes = named.map(([token]) => specialToken(token, { special: false }));
  return {
    draft: { ...draft, symbols: [...(draft.symbols ?? []), ...codes] },
    unknown: { from: tokens.length, id: unknownId },
  };
}

/** Symbols that SentencePiece does not divide texts into. */
const isSymbol = (token: string): boolean => ['<s>', '</s>', UNKNOWN, '<pad>'].includes(token);
