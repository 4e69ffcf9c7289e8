/** Says about how many tokens the texts of a large call have, without reading them all. */

import type { EncodeOptions, Tokenizer, TokenRequest } from '../ports.ts';

/** Pieces of texts that are read, evenly apart, and the characters of each. */
const PIECES = 12;
const CHARACTERS = 1_000;

/** Multiplies the tokens of a character in some pieces of the texts by all their characters. */
export async function estimateTokens(
  tokenizer: Tokenizer,
  requests: readonly TokenRequest[],
  options: EncodeOptions,
): Promise<number> {
  const total = countCharacters(requests);
  const pieces = takePieces(
    requests.flatMap(({ text, pair = '' }) => [text, pair]),
    total,
  ).map((text) => ({ text }));
  const encoded = await tokenizer.encode(pieces, options);
  const tokens = encoded.reduce((sum, [window]) => sum + (window?.untruncatedLength ?? 0), 0);
  return Math.round((tokens * total) / Math.max(countCharacters(pieces), 1));
}

/** Counts those of the texts and pairs. */
export function countCharacters(requests: readonly Pick<TokenRequest, 'text' | 'pair'>[]): number {
  return requests.reduce((sum, { text, pair = '' }) => sum + text.length + pair.length, 0);
}

/** Takes pieces as if the texts stood one after the other; a piece ends with the text in which it begins. */
function takePieces(texts: readonly string[], total: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (const text of texts) {
    for (let wanted = place(pieces.length, total); wanted < start + text.length; ) {
      pieces.push(text.slice(wanted - start, wanted - start + CHARACTERS));
      wanted = place(pieces.length, total);
    }
    start += text.length;
  }
  return pieces;
}

const place = (piece: number, total: number): number =>
  piece < PIECES ? Math.floor((piece * total) / PIECES) : Number.POSITIVE_INFINITY;
