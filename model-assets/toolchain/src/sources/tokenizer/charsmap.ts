/** The compiled rules of a SentencePiece normalizer. The library trusts them, and a broken one would end the process. */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';

const schema = z.union([
  z.object({ type: z.literal('Precompiled'), precompiled_charsmap: z.string() }),
  z.object({ type: z.literal('Sequence'), normalizers: z.array(z.unknown()) }),
]);

/** @throws ToolchainError SOURCE_INVALID where a normalizer has rules that cannot be followed */
export function refuseBrokenRules(normalizer: unknown): void {
  const found = schema.safeParse(normalizer).data;
  if (found?.type === 'Sequence') for (const one of found.normalizers) refuseBrokenRules(one);
  if (found?.type !== 'Precompiled' || isCharsmap(Buffer.from(found.precompiled_charsmap, 'base64'))) return;
  throw new ToolchainError(
    'SOURCE_INVALID',
    'The normalizer of the tokenizer (precompiled_charsmap) is broken: fetch the file again.',
  );
}

/**
 * Tells whether the bytes are a trie and its texts: the size of the trie in bytes, a double array of 32-bit units in little endian
 * (https://github.com/s-yata/darts-clone), then texts that end in a zero. Every step from a unit must stay in the array, and every
 * leaf lead to the beginning of a character.
 */
function isCharsmap(bytes: Buffer): boolean {
  const size = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (size === 0 || size % 4 !== 0 || size > bytes.length - 4) return false;
  const texts = bytes.subarray(4 + size);
  const unit = (index: number) => bytes.readUInt32LE(4 + 4 * index);
  const length = size / 4;
  for (let index = 0; index < length; index++) {
    const value = unit(index);
    // The library starts at the first unit, whatever that says of itself.
    const isLeaf = index > 0 && value >>> 31 === 1;
    if (isLeaf) continue;
    const next = (index ^ ((value >>> 10) << ((value & 512) >>> 6))) >>> 0;
    // A byte of the text, by exclusive or, leads to any unit of the same 256.
    if ((next | 255) >>> 0 >= length) return false;
    const hasText = (value >>> 8) & 1;
    if (hasText && !beginsCharacter(texts, unit(next) & 0x7fffffff)) return false;
  }
  return isUtf8(texts);
}

const beginsCharacter = (texts: Buffer, at: number): boolean =>
  at <= texts.length && ((texts[at] ?? 0) & 0xc0) !== 0x80;
