/** The parts of JSON texts: strings, numbers, white space. */
import { ANY, type CodePoints, intersect, invert, isEmpty, oneOf, unite } from './code-points.ts';
import type { Expression } from './expression.ts';
import type { Expressions } from './expressions.ts';
import type { ParsedRegex, Regex } from './regex.ts';

/** Characters that a string of JSON cannot have as they are. */
const CONTROLS: CodePoints = [[0, 0x1f]];
const ESCAPED: CodePoints = unite(CONTROLS, [[0x22, 0x22]], [[0x5c, 0x5c]]);
const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** At most one space between the parts: models that may put any white space put it for ever. */
export const space = (expressions: Expressions): Expression => expressions.optional(expressions.text(' '));

/** A character of a string that is one of a set, in its shortest spelling. */
function character(expressions: Expressions, set: CodePoints): Expression {
  const escapes = intersect(set, ESCAPED).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => spellEscape(first + index)),
  );
  return expressions.either([
    oneOf(expressions, intersect(set, invert(ESCAPED))),
    ...escapes.map((spelt) => expressions.text(spelt)),
  ]);
}

const spellEscape = (code: number): string =>
  SHORT_ESCAPES[code] ?? `\\u${code.toString(16).padStart(4, '0')}`;

/** A string, with its quotes, of so many characters. */
export function stringOf(expressions: Expressions, min = 0, max = Number.POSITIVE_INFINITY): Expression {
  const content = expressions.repeat(character(expressions, ANY), min, max);
  return quoted(expressions, content);
}

const quoted = (expressions: Expressions, content: Expression): Expression =>
  expressions.sequence([expressions.text('"'), content, expressions.text('"')]);

/** A string that a regular expression is found in, and that has so many characters. */
export function matchingString(
  expressions: Expressions,
  { regex, fromStart, toEnd }: ParsedRegex,
  min: number,
  max: number,
): Expression {
  const any = character(expressions, ANY);
  const anything = expressions.repeat(any, 0);
  const matched = expressions.sequence([
    ...(fromStart ? [] : [anything]),
    spellRegex(expressions, regex, (set) => character(expressions, set)),
    ...(toEnd ? [] : [anything]),
  ]);
  const isBound = min > 0 || max !== Number.POSITIVE_INFINITY;
  const content = isBound ? expressions.both(matched, expressions.repeat(any, min, max)) : matched;
  return quoted(expressions, content);
}

/** A regular expression over characters that `spell` spells, each set of them once. */
export function spellRegex(
  expressions: Expressions,
  regex: Regex,
  spell: (set: CodePoints) => Expression,
): Expression {
  const spelt = new Map<string, Expression>();
  const spellOnce = (set: CodePoints): Expression => {
    const key = set.join();
    const known = spelt.get(key) ?? spell(set);
    spelt.set(key, known);
    return known;
  };
  const express = (part: Regex): Expression => {
    switch (part.kind) {
      case 'set':
        return isEmpty(part.set) ? expressions.nothing : spellOnce(part.set);
      case 'sequence':
        return expressions.sequence(part.parts.map(express));
      case 'either':
        return expressions.either(part.options.map(express));
      case 'repeat':
        return expressions.repeat(express(part.item), part.min, part.max);
    }
  };
  return express(regex);
}
