/**
 * The characters that stand for bytes in byte-level vocabularies: those of Latin-1 that can be seen are themselves, the other bytes are
 * the characters from 256 on, in their order (`bytes_to_unicode` of GPT-2).
 */

const isVisible = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The byte of each character, by its code unit; -1 for one that stands for none. */
const BYTES = new Int16Array(512).fill(-1);
for (let byte = 0, next = 256; byte < 256; byte++) BYTES[isVisible(byte) ? byte : next++] = byte;

/** Gives the bytes that the characters of a token stand for; nothing where one stands for none. */
export function bytesOfCharacters(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let at = 0; at < token.length; at++) {
    const byte = BYTES[token.charCodeAt(at)] ?? -1;
    if (byte < 0) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}
