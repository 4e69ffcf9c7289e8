import type { Encoding as NativeEncoding } from 'tokenizers';
import { type OffsetMap, toUtf16 } from '../math/offsets.ts';
import type { Alignment, Encoding, Span, TokenRequest } from '../ports.ts';
import type { Slices } from './slices.ts';

/** Tokens that are copied at once: some 2 ms with their alignment. */
const PIECE_TOKENS = 2048;

/** Of each token: which text it is from, if any. */
export type SequenceIds = readonly (number | null | undefined)[];

/**
 * Copies what is asked for and lets the native encoding go. It holds some kilobytes behind an object whose size V8 does
 * not see: kept until its batch has run, it outlives the young generation, and a long file then holds hundreds of
 * megabytes of encodings that nobody needs.
 *
 * A long one is copied piece by piece: `native` is its first piece afterwards. The alignment is made where `sequenceIds`
 * are given, which are those of `native`.
 */
export async function encodingOf(
  native: NativeEncoding,
  request: TokenRequest,
  slices: Slices,
  sequenceIds?: SequenceIds,
): Promise<Encoding> {
  const aligned = sequenceIds && new GrowingAlignment(request, sequenceIds);
  await slices.giveWay();
  const ids: number[] = [];
  const typeIds: number[] = [];
  for (const piece of piecesOf(native)) {
    await slices.giveWay();
    ids.push(...piece.getIds());
    typeIds.push(...piece.getTypeIds());
    aligned?.add(piece);
  }
  return { ids, typeIds, untruncatedLength: ids.length, ...(aligned && { alignment: aligned.alignment }) };
}

/** Divided, an encoding has no sequence ids any more. */
function piecesOf(native: NativeEncoding): NativeEncoding[] {
  if (native.getLength() <= PIECE_TOKENS) return [native];
  native.truncate(PIECE_TOKENS, 0, 'right');
  return [native, ...native.getOverflowing()];
}

class GrowingAlignment {
  readonly #spans: Span[] = [];
  readonly #wordIds: (number | null)[] = [];
  readonly #tokens: string[] = [];
  readonly #specialTokensMask: number[] = [];
  readonly #sequenceIds: SequenceIds;
  /** The native offsets count code points of the text that the token is from. */
  readonly #maps: readonly OffsetMap[];

  constructor({ text, pair }: TokenRequest, sequenceIds: SequenceIds) {
    this.#maps = [text, pair ?? ''].map(toUtf16);
    this.#sequenceIds = sequenceIds;
  }

  get alignment(): Alignment {
    return {
      spans: this.#spans,
      wordIds: this.#wordIds,
      tokens: this.#tokens,
      specialTokensMask: this.#specialTokensMask,
      sequenceIds: this.#sequenceIds.map((id) => id ?? null),
    };
  }

  /** Takes the tokens that follow those it has. */
  add(piece: NativeEncoding): void {
    for (const [start = 0, end = 0] of piece.getOffsets()) {
      const map = this.#maps[this.#sequenceIds[this.#spans.length] ?? 0] ?? ((offset) => offset);
      this.#spans.push([map(start), map(end)]);
    }
    for (const id of piece.getWordIds()) this.#wordIds.push(id ?? null);
    this.#tokens.push(...piece.getTokens());
    this.#specialTokensMask.push(...piece.getSpecialTokensMask());
  }
}
