/**
 * The text of every token, in memory that threads share: what stop strings and grammars go by. It is made where the tokenizer is, and given
 * to the thread of the loop once.
 */

export interface TokenTable {
  /** UTF-8 of all tokens, one behind the other, each as it stands inside a text; a token that is a part of a character has its bytes. */
  readonly bytes: Uint8Array;
  /** `[ids + 1]`: where the bytes of an id begin, and end where those of the next begin. An id that is no token has none. */
  readonly offsets: Uint32Array;
  /** `[ids]`: 1 for special tokens, which a text leaves out. */
  readonly special: Uint8Array;
  /** Spaces that the first token of a text loses, at most. */
  readonly startSpaces: number;
}

/** The bytes of a token; none for an id that is no token. */
export function bytesOf({ bytes, offsets }: TokenTable, id: number): Uint8Array {
  return bytes.subarray(offsets[id] ?? bytes.length, offsets[id + 1] ?? bytes.length);
}

/** Lays the tokens into shared memory, in the order of their ids. */
export function layTable(
  tokens: readonly { readonly bytes: Uint8Array; readonly special: boolean }[],
  startSpaces: number,
): TokenTable {
  const size = tokens.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const table = {
    bytes: new Uint8Array(new SharedArrayBuffer(size)),
    offsets: new Uint32Array(new SharedArrayBuffer((tokens.length + 1) * Uint32Array.BYTES_PER_ELEMENT)),
    special: new Uint8Array(new SharedArrayBuffer(tokens.length)),
    startSpaces,
  };
  let end = 0;
  for (const [id, { bytes, special }] of tokens.entries()) {
    table.bytes.set(bytes, end);
    end += bytes.length;
    table.offsets[id + 1] = end;
    table.special[id] = special ? 1 : 0;
  }
  return table;
}
