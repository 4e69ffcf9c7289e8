import type { Encoding as NativeEncoding } from 'tokenizers';
import { type OffsetMap, toUtf16 } from '../math/offsets.ts';
import type { Encoding, Span, TokenRequest } from '../ports.ts';

/** An encoding of the Rust tokenizers; each array crosses from native memory when first asked for. */
export class RustEncoding implements Encoding {
  readonly ids: readonly number[];
  readonly untruncatedLength: number;
  readonly #native: NativeEncoding;
  readonly #request: TokenRequest;

  constructor(native: NativeEncoding, request: TokenRequest, untruncatedLength: number) {
    this.ids = native.getIds();
    this.untruncatedLength = untruncatedLength;
    this.#native = native;
    this.#request = request;
  }

  typeIds(): readonly number[] {
    return this.#native.getTypeIds();
  }

  wordIds(): readonly (number | null)[] {
    return this.#native.getWordIds().map((id) => id ?? null);
  }

  tokens(): readonly string[] {
    return this.#native.getTokens();
  }

  specialTokensMask(): readonly number[] {
    return this.#native.getSpecialTokensMask();
  }

  /** The native offsets count code points of the text that the token is from. */
  spans(): readonly Span[] {
    const maps = [this.#request.text, this.#request.pair ?? ''].map(toUtf16);
    const sequences = this.#request.pair === undefined ? undefined : this.#native.getSequenceIds();
    return this.#native.getOffsets().map(([start = 0, end = 0], i): Span => {
      const map: OffsetMap = maps[sequences?.[i] ?? 0] ?? ((offset) => offset);
      return [map(start), map(end)];
    });
  }
}
