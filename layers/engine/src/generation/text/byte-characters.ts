/**
 * The characters that stand for bytes in byte-level vocabularies: those of Latin-1 that can be seen are themselves, the other bytes are
 * the characters from 256 on, in their order (`bytes_to_unicode` of GPT-2).
 */

const isVisible = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

const BYTES = new Map(
  Array.from({ length: 256 }, (_, byte) => byte)
    .filter(isVisible)
    .map((byte) => [byte, byte]),
);
for (let byte = 0, next = 256; byte < 256; byte++) if (!isVisible(byte)) BYTES.set(next++, byte);

/** Gives the byte of a character; nothing for one that stands for none. */
export const byteOfCharacter = (character: string): number | undefined =>
  BYTES.get(character.codePointAt(0) ?? 0);
