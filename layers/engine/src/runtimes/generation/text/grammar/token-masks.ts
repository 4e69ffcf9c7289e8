/** Which tokens may follow in a state of a grammar. */
import type { TokenTable } from '../token-table.ts';
import type { Expression } from './expression.ts';
import type { Expressions } from './expressions.ts';
import { type SortedTable, type SortedTokens, withoutTokens } from './sorted-tokens.ts';

/** Masks that are kept: one of a vocabulary of 150,000 takes 19 KB. */
const MOST_MASKS = 500;

/** Repetitions whose tokens are kept, which take up to a megabyte each. */
const MOST_INSIDE = 32;

/** The tokens that stay within the beginning of a state, and those that do not. */
interface Inside {
  readonly mask: Uint32Array;
  readonly others: SortedTokens;
}

export class TokenMasks {
  readonly #expressions: Expressions;
  readonly #table: TokenTable;
  readonly #tokens: SortedTable;
  readonly #masks = new Map<Expression, Uint32Array>();
  readonly #inside = new Map<Expression, Inside>();

  constructor(expressions: Expressions, table: TokenTable, tokens: SortedTable) {
    this.#expressions = expressions;
    this.#table = table;
    this.#tokens = tokens;
  }

  /** A bit for every id, set for the tokens that may follow. @throws GrammarTooLarge */
  after(state: Expression): Uint32Array {
    const mask = this.#masks.get(state) ?? this.#find(state);
    // The one that was used last is the last to go.
    this.#masks.delete(state);
    this.#masks.set(state, mask);
    const [oldest] = this.#masks.keys();
    if (oldest && this.#masks.size > MOST_MASKS) this.#masks.delete(oldest);
    return mask;
  }

  /** The tokens that a text may begin with, of which so many spaces in front are not shown. */
  atStart(state: Expression, spaces: number): Uint32Array {
    if (spaces === 0) return this.after(state);
    const mask = this.#noTokens();
    this.#walk(state, this.#tokens, mask, spaces);
    return mask;
  }

  #find(state: Expression): Uint32Array {
    const mask = this.#noTokens();
    const inside = this.#findInside(state);
    if (inside) mask.set(inside.mask);
    this.#walk(state, inside?.others ?? this.#tokens, mask);
    return mask;
  }

  #noTokens(): Uint32Array {
    return new Uint32Array(Math.ceil(this.#table.special.length / 32));
  }

  /**
   * Tokens that stay within the repetition that a state begins with, as most stay within a string, are the same whatever comes behind it, and
   * however often it may still repeat where no token is as long.
   */
  #findInside(state: Expression): Inside | undefined {
    if (state.kind !== 'sequence' || state.first.kind !== 'repeat') return undefined;
    const { item, max } = state.first;
    const repeated = this.#expressions.repeat(item, 0, max < this.#tokens.longest ? max : undefined);
    const known = this.#inside.get(repeated);
    if (known) return known;
    const mask = this.#noTokens();
    this.#walk(repeated, this.#tokens, mask);
    const inside = { mask, others: withoutTokens(this.#tokens, mask) };
    this.#inside.set(repeated, inside);
    const [oldest] = this.#inside.keys();
    if (oldest && this.#inside.size > MOST_INSIDE) this.#inside.delete(oldest);
    return inside;
  }

  /** Sets the bits of the tokens that do not lead to nothing. */
  #walk(start: Expression, { ids, shared }: SortedTokens, mask: Uint32Array, spaces = 0): void {
    const { bytes, offsets } = this.#table;
    const { nothing } = this.#expressions;
    /** The state behind each byte of the token before, and whether all bytes up to there are spaces that are not shown. */
    const states = new Array<Expression>(this.#tokens.longest + 1).fill(start);
    const isSkipped = new Uint8Array(this.#tokens.longest + 1);
    isSkipped[0] = 1;
    let dead = Number.POSITIVE_INFINITY;
    for (let index = 0; index < ids.length; index++) {
      const from = shared[index] ?? 0;
      // Bytes that led nowhere do so again.
      if (from >= dead) continue;
      dead = Number.POSITIVE_INFINITY;
      const id = ids[index] ?? 0;
      const begin = offsets[id] ?? 0;
      const length = (offsets[id + 1] ?? begin) - begin;
      let state = states[from] ?? nothing;
      for (let at = from; at < length; at++) {
        const byte = bytes[begin + at] ?? 0;
        const skips = at < spaces && isSkipped[at] === 1 && byte === 0x20;
        isSkipped[at + 1] = skips ? 1 : 0;
        if (!skips) state = this.#expressions.after(state, byte);
        if (state === nothing) {
          dead = at + 1;
          break;
        }
        states[at + 1] = state;
      }
      if (dead === Number.POSITIVE_INFINITY) mask[id >>> 5] = (mask[id >>> 5] ?? 0) | (1 << (id & 31));
    }
  }
}
