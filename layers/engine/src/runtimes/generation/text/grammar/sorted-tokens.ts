/** The tokens of a table in the order of their bytes, so that what tokens have in common is looked at once. */
import { bytesOf, type TokenTable } from '../token-table.ts';

export interface SortedTokens {
  readonly ids: Int32Array;
  /** Bytes that a token has in common with the one before it. */
  readonly shared: Uint16Array;
}

export interface SortedTable extends SortedTokens {
  /** Bytes of the longest token. */
  readonly longest: number;
  /** `[256]`, 1 for the bytes that tokens have. */
  readonly alphabet: Uint8Array;
}

/** No text needs a token of more bytes. */
const LONGEST = 1000;

/** Sorts the tokens of texts: special ones, and such without a byte, are left out. */
export function sortTokens(table: TokenTable): SortedTable {
  const byText = new Map<string, number[]>();
  const alphabet = new Uint8Array(256);
  for (let id = 0; id < table.special.length; id++) {
    const bytes = bytesOf(table, id);
    if (table.special[id] === 1 || bytes.length === 0 || bytes.length > LONGEST) continue;
    for (const byte of bytes) alphabet[byte] = 1;
    const text = Buffer.from(bytes).toString('latin1');
    const same = byText.get(text);
    if (same) same.push(id);
    else byText.set(text, [id]);
  }
  const ids: number[] = [];
  const shared: number[] = [];
  let [before, longest] = ['', 0];
  // Units of latin1 are bytes, and texts are sorted by units.
  for (const text of [...byText.keys()].sort()) {
    let common = 0;
    while (common < before.length && before.charCodeAt(common) === text.charCodeAt(common)) common++;
    for (const id of byText.get(text) ?? []) {
      ids.push(id);
      shared.push(common);
      common = text.length;
    }
    before = text;
    longest = Math.max(longest, text.length);
  }
  return { ids: Int32Array.from(ids), shared: Uint16Array.from(shared), longest, alphabet };
}

/** The tokens whose bit is not set in a mask, in the same order. */
export function withoutTokens({ ids, shared }: SortedTokens, mask: Uint32Array): SortedTokens {
  const [kept, common]: [number[], number[]] = [[], []];
  let least = Number.POSITIVE_INFINITY;
  for (const [index, id] of ids.entries()) {
    least = Math.min(least, shared[index] ?? 0);
    if (((mask[id >>> 5] ?? 0) >>> (id & 31)) & 1) continue;
    kept.push(id);
    common.push(least);
    least = Number.POSITIVE_INFINITY;
  }
  return { ids: Int32Array.from(kept), shared: Uint16Array.from(common) };
}
