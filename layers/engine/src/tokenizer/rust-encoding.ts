import type { Encoding as NativeEncoding } from 'tokenizers';
import { type OffsetMap, toUtf16 } from '../math/offsets.ts';
import type { Alignment, Encoding, Span, TokenRequest } from '../ports.ts';
import type { Slices } from './slices.ts';

/** Tokens that are copied at once: some 2 ms with their alignment. */
const PIECE_TOKENS = 2048;

/** The text that each token is from, if any. */
export type SequenceIds = readonly (number | null | undefined)[];

/**
 * Copies what is asked for and lets the native encoding go. It holds some kilobytes behind an object whose size V8 does
 * not see: kept until its batch has run, it outlives the young generation, and a long file then holds hundreds of
 * megabytes of encodings that nobody needs.
 *
 * A long one is copied piece by piece: `native` is its first piece afterwards. The alignment is made where `sequenceIds`
 * are given, which are those of `native`.
 */
export async function copyEncoding(
  native: NativeEncoding,
  request: TokenRequest,
  slices: Slices,
  sequenceIds?: SequenceIds,
): Promise<Encoding> {
  const readSpans = sequenceIds && spanReader(request, sequenceIds);
  await slices.giveWay();
  const copies: Copy[] = [];
  for (const piece of divideEncoding(native)) {
    await slices.giveWay();
    copies.push({
      ids: piece.getIds(),
      typeIds: piece.getTypeIds(),
      spans: readSpans?.(piece),
      wordIds: readSpans && piece.getWordIds().map((id) => id ?? null),
      tokens: readSpans && piece.getTokens(),
      specialTokensMask: readSpans && piece.getSpecialTokensMask(),
    });
  }
  await slices.giveWay();
  const { ids, typeIds, spans = [], wordIds = [], tokens = [], specialTokensMask = [] } = joinCopies(copies);
  return {
    ids,
    typeIds,
    untruncatedLength: ids.length,
    alignment: sequenceIds && {
      spans,
      wordIds,
      tokens,
      specialTokensMask,
      sequenceIds: sequenceIds.map((id) => id ?? null),
    },
  };
}

type Copy = Pick<Encoding, 'ids' | 'typeIds'> & {
  readonly [Part in Exclude<keyof Alignment, 'sequenceIds'>]: Alignment[Part] | undefined;
};

function joinCopies(copies: readonly Copy[]): Copy {
  const [first] = copies;
  if (first && copies.length === 1) return first;
  const all = <Value>(read: (copy: Copy) => readonly Value[] | undefined): Value[] => {
    const none: Value[] = [];
    return none.concat(...copies.map((copy) => read(copy) ?? none));
  };
  return {
    ids: all(({ ids }) => ids),
    typeIds: all(({ typeIds }) => typeIds),
    spans: all(({ spans }) => spans),
    wordIds: all(({ wordIds }) => wordIds),
    tokens: all(({ tokens }) => tokens),
    specialTokensMask: all(({ specialTokensMask }) => specialTokensMask),
  };
}

/** Divides a long encoding into pieces, which have no sequence ids any more. */
function divideEncoding(native: NativeEncoding): NativeEncoding[] {
  if (native.getLength() <= PIECE_TOKENS) return [native];
  native.truncate(PIECE_TOKENS, 0, 'right');
  return [native, ...native.getOverflowing()];
}

/** Reads the spans of piece after piece. The native offsets count code points of the text that the token is from. */
function spanReader({ text, pair }: TokenRequest, sequenceIds: SequenceIds) {
  const maps = [text, pair ?? ''].map(toUtf16);
  let token = 0;
  return (piece: NativeEncoding): Span[] =>
    piece.getOffsets().map(([start = 0, end = 0]) => {
      const map: OffsetMap = maps[sequenceIds[token++] ?? 0] ?? ((offset) => offset);
      return [map(start), map(end)];
    });
}
