/**
 * Regular expressions as a tree: what JavaScript and Python have in common, without what looks around (`(?=`, `\b`) or back (`\1`).
 * Lazy quantifiers are as greedy ones: the language is the same.
 */
import { EngineError } from '@pilotlight/model-format/errors';
import { ANY, type CodePoints, invert, unite } from './code-points.ts';

export type Regex =
  | { readonly kind: 'set'; readonly set: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly kind: 'either'; readonly options: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly item: Regex; readonly min: number; readonly max: number };

/** An expression, and whether it is bound to the beginning and the end of the text. */
export interface ParsedRegex {
  readonly regex: Regex;
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

/** Longer expressions, and more repetitions, would make automatons that no text needs. */
const LONGEST = 10_000;
const MOST_REPEATS = 10_000;
const DEEPEST = 100;
/** Ranges of all sets of characters together: the letters of all scripts are 650. */
const MOST_RANGES = 50_000;
/** Properties of Unicode: the characters of each are found by looking at all there are, which takes 50 ms. */
const MOST_PROPERTIES = 5;

const range = (first: string, last = first): CodePoints => [
  [first.codePointAt(0) ?? 0, last.codePointAt(0) ?? 0],
];
const DIGIT = range('0', '9');
const WORD = unite(range('a', 'z'), range('A', 'Z'), DIGIT, range('_'));
const SPACE = unite(
  range('\t', '\r'),
  range(' '),
  range('\u00a0'),
  range('\ufeff'),
  range('\u2000', '\u200a'),
  range('\u2028', '\u2029'),
);
const LINE_ENDS = unite(range('\n'), range('\r'), range('\u2028', '\u2029'));
const CLASSES: Readonly<Record<string, CodePoints>> = {
  d: DIGIT,
  D: invert(DIGIT),
  w: WORD,
  W: invert(WORD),
  s: SPACE,
  S: invert(SPACE),
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' };

/** @throws EngineError INVALID_PARAMETER for what is not supported, with its place */
export function parseRegex(pattern: string): ParsedRegex {
  if (pattern.length > LONGEST)
    throw refusal(pattern.slice(0, 50), `it is longer than ${LONGEST} characters`);
  return new Parser(pattern).parse();
}

function refusal(pattern: string, reason: string): EngineError {
  return new EngineError(
    'INVALID_PARAMETER',
    `The regular expression ${JSON.stringify(pattern)} cannot be followed: ${reason}.`,
    { details: { field: 'grammar' } },
  );
}

class Parser {
  readonly #pattern: string;
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;
  #ranges = 0;
  readonly #properties = new Set<string>();

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#characters = Array.from(pattern);
  }

  parse(): ParsedRegex {
    const fromStart = this.#take('^');
    const regex = this.#either();
    const toEnd = this.#take('$');
    if (this.#at < this.#characters.length)
      throw this.#refuse(this.#peek() === ')' ? 'a ) has no (' : 'anchors are supported at its ends alone');
    if ((fromStart || toEnd) && regex.kind === 'either')
      throw this.#refuse('an anchor beside | binds one part alone: put parentheses around the parts');
    return { regex, fromStart, toEnd };
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(text: string): boolean {
    const isThere = Array.from(text).every(
      (character, index) => this.#characters[this.#at + index] === character,
    );
    if (isThere) this.#at += text.length;
    return isThere;
  }

  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw this.#refuse('it ends too early');
    return character;
  }

  #refuse(reason: string): EngineError {
    return refusal(this.#pattern, `${reason} (at character ${this.#at})`);
  }

  #either(): Regex {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    const [only] = options;
    return only && options.length === 1 ? only : { kind: 'either', options };
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    for (let next = this.#peek(); next !== undefined && !'|)$'.includes(next); next = this.#peek()) {
      parts.push(this.#quantified());
    }
    return { kind: 'sequence', parts };
  }

  #quantified(): Regex {
    let item = this.#atom();
    for (let range = this.#quantifier(); range; range = this.#quantifier()) {
      item = { kind: 'repeat', item, min: range[0], max: range[1] };
      this.#take('?');
      if (this.#peek() === '+') throw this.#refuse('possessive quantifiers are not supported');
    }
    return item;
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const rest = this.#characters.slice(this.#at, this.#at + 20).join('');
    const found = /^\{(\d+)(,?)(\d*)\}/.exec(rest);
    if (!found) return undefined;
    this.#at += found[0].length;
    const min = Number(found[1]);
    const max = found[2] === '' ? min : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]);
    if (min > max || min > MOST_REPEATS || (max > MOST_REPEATS && max !== Number.POSITIVE_INFINITY))
      throw this.#refuse(`${found[0]} repeats too often, or its numbers are the wrong way round`);
    return [min, max];
  }

  #atom(): Regex {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return { kind: 'set', set: this.#class() };
    if (character === '.') return { kind: 'set', set: invert(LINE_ENDS) };
    if (character === '\\') return { kind: 'set', set: this.#escape() };
    if (character === '^') throw this.#refuse('anchors are supported at its ends alone');
    if ('*+?'.includes(character)) throw this.#refuse(`${character} has nothing to repeat`);
    return { kind: 'set', set: range(character) };
  }

  #group(): Regex {
    if (this.#take('?')) {
      const isNamed = (this.#take('P<') || this.#take('<')) && /[A-Za-z_]/.test(this.#peek() ?? '');
      if (isNamed) while (this.#next() !== '>');
      else if (!this.#take(':')) throw this.#refuse('groups that look around, and flags, are not supported');
    }
    if (++this.#depth > DEEPEST) throw this.#refuse(`its groups are more than ${DEEPEST} deep`);
    const inner = this.#either();
    this.#depth -= 1;
    if (!this.#take(')')) throw this.#refuse('a ( has no )');
    return inner;
  }

  #class(): CodePoints {
    const isInverted = this.#take('^');
    const parts: CodePoints[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      if (isFirst && this.#peek() === ']') break;
      const from = this.#member();
      const [single] = from;
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']';
      if (!isRange || from.length !== 1 || single?.[0] !== single?.[1]) {
        parts.push(from);
        continue;
      }
      this.#next();
      const [last] = this.#member();
      if (!single || !last || last[0] < single[0])
        throw this.#refuse('a range of characters is the wrong way round');
      parts.push([[single[0], last[1]]]);
    }
    this.#next();
    const set = unite(...parts);
    return isInverted ? invert(set) : set;
  }

  #member(): CodePoints {
    const character = this.#next();
    if (character !== '\\') return range(character);
    return this.#take('b') ? range('\b') : this.#escape();
  }

  #escape(): CodePoints {
    const letter = this.#next();
    const known = Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
    if (known) return this.#count(known);
    if (letter === 'x') return this.#hex(2);
    if (letter === 'u') return this.#take('{') ? this.#codePoint() : this.#hex(4);
    if (letter === 'p' || letter === 'P') return this.#property(letter === 'P');
    if (letter === '0' || (Object.hasOwn(CONTROLS, letter) && /[a-z]/.test(letter)))
      return range(CONTROLS[letter] ?? '');
    if (/[1-9a-zA-Z]/.test(letter)) throw this.#refuse(`\\${letter} is not supported`);
    return range(letter);
  }

  #hex(digits: number): CodePoints {
    const written = Array.from({ length: digits }, () => this.#next()).join('');
    if (!/^[0-9a-fA-F]+$/.test(written)) throw this.#refuse(`${written} is no number of a character`);
    return this.#character(Number.parseInt(written, 16));
  }

  #codePoint(): CodePoints {
    let written = '';
    for (let digit = this.#next(); digit !== '}'; digit = this.#next()) written += digit;
    return this.#character(/^[0-9a-fA-F]{1,6}$/.test(written) ? Number.parseInt(written, 16) : Number.NaN);
  }

  #character(code: number): CodePoints {
    if (!ANY.some(([first, last]) => first <= code && code <= last))
      throw this.#refuse('there is no character of that number');
    return [[code, code]];
  }

  #property(isInverted: boolean): CodePoints {
    let name = '';
    if (!this.#take('{')) throw this.#refuse('\\p needs the name of a property in braces');
    for (let letter = this.#next(); letter !== '}'; letter = this.#next()) name += letter;
    this.#properties.add(name);
    if (this.#properties.size > MOST_PROPERTIES)
      throw this.#refuse(`it has more than ${MOST_PROPERTIES} properties of characters`);
    const set = /^[A-Za-z_=]{1,40}$/.test(name) ? findProperty(name) : undefined;
    if (!set) throw this.#refuse(`there is no property '${name}' of characters`);
    return this.#count(isInverted ? invert(set) : set);
  }

  #count(set: CodePoints): CodePoints {
    this.#ranges += set.length;
    if (this.#ranges > MOST_RANGES) throw this.#refuse('its sets of characters are too large');
    return set;
  }
}

/** Runtimes know a few hundred, so that this ends. */
const properties = new Map<string, CodePoints>();

/** The characters of a property of Unicode, as this runtime knows them. */
function findProperty(name: string): CodePoints | undefined {
  const known = properties.get(name);
  if (known) return known;
  let test: RegExp;
  try {
    test = new RegExp(`^\\p{${name}}$`, 'u');
  } catch {
    return undefined;
  }
  const found: [number, number][] = [];
  for (const [first, last] of ANY) {
    for (let code = first; code <= last; code++) {
      if (!test.test(String.fromCodePoint(code))) continue;
      const before = found.at(-1);
      if (before && before[1] === code - 1) before[1] = code;
      else found.push([code, code]);
    }
  }
  properties.set(name, found);
  return found;
}
