import type { Encoding as NativeEncoding } from 'tokenizers';
import { type OffsetMap, toUtf16 } from '../math/offsets.ts';
import type { Alignment, Encoding, Span, TokenRequest } from '../ports.ts';

/**
 * Copies what is asked for and lets the native encoding go. It holds some kilobytes behind an object whose size V8 does
 * not see: kept until its batch has run, it outlives the young generation, and a long file then holds hundreds of
 * megabytes of encodings that nobody needs.
 */
export function encodingOf(native: NativeEncoding, request: TokenRequest, alignment = false): Encoding {
  const ids = native.getIds();
  return {
    ids,
    typeIds: native.getTypeIds(),
    untruncatedLength: ids.length,
    ...(alignment && { alignment: alignmentOf(native, request) }),
  };
}

function alignmentOf(native: NativeEncoding, request: TokenRequest): Alignment {
  return {
    spans: spansOf(native, request),
    wordIds: native.getWordIds().map((id) => id ?? null),
    tokens: native.getTokens(),
    specialTokensMask: native.getSpecialTokensMask(),
    sequenceIds: native.getSequenceIds().map((id) => id ?? null),
  };
}

/** The native offsets count code points of the text that the token is from. */
function spansOf(native: NativeEncoding, { text, pair }: TokenRequest): Span[] {
  const maps = [text, pair ?? ''].map(toUtf16);
  const sequences = pair === undefined ? undefined : native.getSequenceIds();
  return native.getOffsets().map(([start = 0, end = 0], i): Span => {
    const map: OffsetMap = maps[sequences?.[i] ?? 0] ?? ((offset) => offset);
    return [map(start), map(end)];
  });
}
