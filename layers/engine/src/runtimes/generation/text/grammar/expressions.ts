/**
 * Languages of bytes as expressions, and what is left of one behind a byte: its derivative (J. A. Brzozowski, Derivatives of Regular
 * Expressions, 1964). Equal expressions are one object, so that the derivatives of an expression are the states of an automaton, which is made
 * as far as texts get. A named expression may contain itself, as JSON does.
 */

import {
  type ByteClasses,
  type ByteRange,
  divideBytes,
  type Expression,
  type ExpressionFacts,
  firstNames,
  mayFinish,
} from './expression.ts';

type Shape<E> = E extends ExpressionFacts ? Omit<E, keyof ExpressionFacts> : never;

/** Parts that all states of an automaton may have together: a text of a reasonable grammar meets a few thousand. */
const MOST_PARTS = 200_000;

/** Steps of one turn: what is made or followed while a grammar is read, or while a token is chosen. They take 0.5 to 1 microseconds. */
const MOST_STEPS = 300_000;

export class GrammarTooLarge extends Error {
  override readonly name = 'GrammarTooLarge';
}

export class Expressions {
  readonly nothing: Expression;
  readonly end: Expression;
  readonly #known = new Map<string, Expression>();
  /** `[expression][class of bytes]` */
  #derivatives: (Expression | undefined)[][] = [];
  #classes: ByteClasses | undefined;
  readonly #named = new Map<string, Expression>();
  #parts = 0;
  #steps = 0;
  readonly #alphabet: Uint8Array;

  /** `alphabet` is `[256]`, 1 for the bytes that texts can have; the others are left out of every set. */
  constructor(alphabet: Uint8Array) {
    this.#alphabet = alphabet;
    this.nothing = this.#intern('0', { kind: 'nothing' }, false);
    this.end = this.#intern('1', { kind: 'end' }, true);
  }

  /** Parts of all states. */
  get parts(): number {
    return this.#parts;
  }

  /** Begins what may take as many steps again. */
  beginTurn(): void {
    this.#steps = 0;
  }

  bytes(ranges: readonly ByteRange[]): Expression {
    const possible = ranges.flatMap((range) => this.#possible(range));
    if (possible.length === 0) return this.nothing;
    const before = this.#known.size;
    const set = this.#intern(`b${possible.join(';')}`, { kind: 'bytes', ranges: possible }, false);
    if (this.#known.size > before) {
      this.#classes = undefined;
      this.#derivatives = [];
    }
    return set;
  }

  text(text: string): Expression {
    return this.sequence(Array.from(Buffer.from(text), (byte) => this.bytes([[byte, byte]])));
  }

  sequence(parts: readonly Expression[]): Expression {
    return parts.reduceRight((rest, first) => this.#follow(first, rest), this.end);
  }

  either(options: readonly Expression[]): Expression {
    this.#step(options.length);
    const flat = options.flatMap((option) => (option.kind === 'either' ? option.options : [option]));
    const kept = [...new Set(flat)].filter(({ kind }) => kind !== 'nothing').sort((a, b) => a.id - b.id);
    const [only = this.nothing] = kept;
    if (kept.length < 2) return only;
    const mayEnd = kept.some((option) => option.mayEnd);
    return this.#intern(`e${kept.map(({ id }) => id)}`, { kind: 'either', options: kept }, mayEnd);
  }

  /** Texts that both have; nothing, where there is none. Neither may have names. */
  both(left: Expression, right: Expression): Expression {
    return this.#live(this.#both(left, right));
  }

  #both(left: Expression, right: Expression): Expression {
    if (left === right) return left;
    if (left.kind === 'nothing' || right.kind === 'nothing') return this.nothing;
    if (left.kind === 'end' || right.kind === 'end')
      return left.mayEnd && right.mayEnd ? this.end : this.nothing;
    const key = left.id < right.id ? `a${left.id},${right.id}` : `a${right.id},${left.id}`;
    return this.#intern(key, { kind: 'both', left, right }, left.mayEnd && right.mayEnd);
  }

  repeat(item: Expression, min: number, max = Number.POSITIVE_INFINITY): Expression {
    if (min > max) return this.nothing;
    if (max <= 0 || item.kind === 'end') return this.end;
    if (item.kind === 'nothing') return min > 0 ? this.nothing : this.end;
    if (min === 1 && max === 1) return item;
    return this.#intern(
      `r${item.id},${min},${max}`,
      { kind: 'repeat', item, min, max },
      min <= 0 || item.mayEnd,
    );
  }

  optional(item: Expression): Expression {
    return this.either([this.end, item]);
  }

  /** An expression by its name, which `define` gives; it never has the empty text. */
  named(name: string): Expression {
    return this.#intern(`n${name}`, { kind: 'named', name }, false);
  }

  define(name: string, expression: Expression): void {
    this.#named.set(name, expression);
  }

  /** What is left of an expression behind a byte. @throws GrammarTooLarge */
  after(expression: Expression, byte: number): Expression {
    const byteClass = this.#divideBytes().classOf[byte] ?? 0;
    let row = this.#derivatives[expression.id];
    if (row === undefined) {
      row = [];
      this.#derivatives[expression.id] = row;
    }
    let derivative = row[byteClass];
    if (derivative === undefined) {
      this.#step();
      derivative = this.#derive(expression, byte);
      row[byteClass] = derivative;
    }
    return derivative;
  }

  /** Whether any text has the expression, as far as names are concerned: a name that can only go on in itself has none. */
  hasText(expression: Expression): boolean {
    const names = new Set<string>();
    for (let before = -1; before < names.size; ) {
      before = names.size;
      for (const [name, defined] of this.#named) if (mayFinish(defined, names)) names.add(name);
    }
    return mayFinish(expression, names);
  }

  /** The names that begin with themselves, so that no byte brings them forward. */
  findLeftRecursion(): string | undefined {
    const first = new Map([...this.#named].map(([name, defined]) => [name, firstNames(defined)]));
    for (const start of first.keys()) {
      const reached = new Set(first.get(start));
      for (const name of reached) {
        if (name === start) return start;
        for (const next of first.get(name) ?? []) reached.add(next);
      }
    }
    return undefined;
  }

  #derive(expression: Expression, byte: number): Expression {
    switch (expression.kind) {
      case 'nothing':
      case 'end':
        return this.nothing;
      case 'bytes':
        return expression.ranges.some(([first, last]) => first <= byte && byte <= last)
          ? this.end
          : this.nothing;
      case 'sequence': {
        const { first, rest } = expression;
        const inFirst = this.#follow(this.after(first, byte), rest);
        return first.mayEnd ? this.either([inFirst, this.after(rest, byte)]) : inFirst;
      }
      case 'either':
        return this.either(expression.options.map((option) => this.after(option, byte)));
      case 'both': {
        const left = this.after(expression.left, byte);
        return left.kind === 'nothing' ? left : this.both(left, this.after(expression.right, byte));
      }
      case 'repeat': {
        const { item, min, max } = expression;
        return this.#follow(this.after(item, byte), this.repeat(item, Math.max(0, min - 1), max - 1));
      }
      case 'named':
        return this.after(this.#named.get(expression.name) ?? this.nothing, byte);
    }
  }

  #follow(first: Expression, rest: Expression): Expression {
    if (first.kind === 'nothing' || rest.kind === 'nothing') return this.nothing;
    if (first.kind === 'end') return rest;
    if (rest.kind === 'end') return first;
    if (first.kind === 'sequence') return this.#follow(first.first, this.#follow(first.rest, rest));
    return this.#intern(
      `s${first.id},${rest.id}`,
      { kind: 'sequence', first, rest },
      first.mayEnd && rest.mayEnd,
    );
  }

  readonly #isLive = new Map<Expression, boolean>();

  /** The same, or nothing where no text leads to an end. Two languages can have no text in common though both have some. */
  #live(expression: Expression): Expression {
    if (expression.kind !== 'both') return expression;
    const known = this.#isLive.get(expression);
    if (known !== undefined) return known ? expression : this.nothing;
    const isLive = this.#reachesEnd(expression);
    this.#isLive.set(expression, isLive);
    return isLive ? expression : this.nothing;
  }

  #reachesEnd(start: Expression): boolean {
    const seen = new Set([start]);
    for (const state of seen) {
      if (state.mayEnd || this.#isLive.get(state) === true) return true;
      if (state.kind !== 'both') return mayFinish(state, new Set());
      const { members } = this.#divideBytes();
      this.#step(members.length);
      for (const byte of members) {
        const next = this.#both(this.after(state.left, byte), this.after(state.right, byte));
        if (next.kind !== 'nothing') seen.add(next);
      }
    }
    return false;
  }

  #possible([first, last]: ByteRange): ByteRange[] {
    const ranges: ByteRange[] = [];
    for (let byte = first; byte <= last; byte++) {
      if (this.#alphabet[byte] !== 1) continue;
      const start = byte;
      while (byte < last && this.#alphabet[byte + 1] === 1) byte++;
      ranges.push([start, byte]);
    }
    return ranges;
  }

  #divideBytes(): ByteClasses {
    if (this.#classes === undefined) {
      this.#step(this.#known.size / 10);
      this.#classes = divideBytes([...this.#known.values()]);
    }
    return this.#classes;
  }

  #step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MOST_STEPS) throw new GrammarTooLarge('it takes too much time');
  }

  #intern(key: string, shape: Shape<Expression>, mayEnd: boolean): Expression {
    this.#step();
    const known = this.#known.get(key);
    if (known) return known;
    this.#parts += shape.kind === 'either' ? 1 + shape.options.length : 1;
    if (this.#parts > MOST_PARTS) throw new GrammarTooLarge(`its states have more than ${MOST_PARTS} parts`);
    const expression = { ...shape, id: this.#known.size, mayEnd } as Expression;
    this.#known.set(key, expression);
    return expression;
  }
}
