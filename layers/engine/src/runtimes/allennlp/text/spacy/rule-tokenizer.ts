/**
 * A tokenizer close to spaCy's for English, by the algorithm of spaCy 3.6 (spacy/tokenizer.pyx, MIT): exceptions, then affixes
 * from both ends of a word, then what divides its middle; last, exceptions are looked for among the tokens that came of it.
 */
import { isSpace, splitAtSpace } from '../python-text.ts';
import { ENGLISH_EXCEPTIONS } from './english-exceptions.ts';
import { INFIX, isUrl, LONGEST_SUFFIX, PREFIX, SUFFIX } from './patterns.ts';

const LONGEST_EXCEPTION = Math.max(...[...ENGLISH_EXCEPTIONS.keys()].map((text) => text.length));

/**
 * Divides a text into words and, as spaCy does, the white space between them: all of it but for single spaces. Joined with
 * those spaces the parts are the text.
 */
export function tokenizeEnglish(text: string): string[] {
  const tokens: string[] = [];
  for (const chunk of splitAtSpace(text)) {
    if (LETTERS.test(chunk) && !ENGLISH_EXCEPTIONS.has(chunk)) tokens.push(chunk);
    else tokens.push(...tokenizeChunk(chunk));
  }
  return tokens;
}

/** Words that no pattern divides: most of a text. */
const LETTERS = /^[A-Za-z]+$/;

/** Chunks are remembered, as spaCy does, because texts have the same ones again and again: some megabytes. */
const MOST_KNOWN = 10_000;
const LONGEST_KNOWN = 32;
const known = new Map<string, readonly string[]>();

/** The tokens of a text without white space, or of white space alone. */
function tokenizeChunk(chunk: string): readonly string[] {
  const remembered = known.get(chunk);
  if (remembered) return remembered;
  const tokens = isSpace(chunk)
    ? [chunk]
    : (exception(chunk) ?? applyExceptions(splitAffixes(chunk, exception)));
  if (known.size >= MOST_KNOWN) known.clear();
  if (chunk.length <= LONGEST_KNOWN) known.set(chunk, tokens);
  return tokens;
}

type Exceptions = (text: string) => readonly string[] | undefined;

const exception: Exceptions = (text) =>
  text.length <= LONGEST_EXCEPTION ? ENGLISH_EXCEPTIONS.get(text) : undefined;

function splitAffixes(chunk: string, exceptions: Exceptions): string[] {
  const prefixes: string[] = [];
  const suffixes: string[] = [];
  let rest = chunk;
  while (rest !== '' && !exceptions(rest)) {
    const prefix = prefixLength(rest);
    if (prefix > 0 && exceptions(rest.slice(prefix))) {
      prefixes.push(rest.slice(0, prefix));
      rest = rest.slice(prefix);
      break;
    }
    const suffix = suffixLength(rest.slice(prefix));
    const inner = rest.length - suffix;
    if (suffix > 0 && exceptions(rest.slice(0, inner))) {
      suffixes.push(rest.slice(inner));
      rest = rest.slice(0, inner);
      break;
    }
    if (prefix === 0 && suffix === 0) break;
    if (prefix > 0) prefixes.push(rest.slice(0, prefix));
    if (suffix > 0) suffixes.push(rest.slice(inner));
    rest = rest.slice(prefix, inner);
  }
  return [...prefixes, ...(exceptions(rest) ?? splitInfixes(rest)), ...suffixes.reverse()];
}

function prefixLength(text: string): number {
  PREFIX.lastIndex = 0;
  return PREFIX.exec(text)?.[0].length ?? 0;
}

/** A suffix is short, so that the end of a long word is enough; a run of full stops alone may be long. */
function suffixLength(text: string): number {
  if (text.endsWith('..')) return runOfFullStops(text);
  return SUFFIX.exec(text.slice(-LONGEST_SUFFIX))?.[0].length ?? 0;
}

function runOfFullStops(text: string): number {
  let start = text.length;
  while (text.charCodeAt(start - 1) === 0x2e) start -= 1;
  return text.length - start;
}

function splitInfixes(text: string): string[] {
  if (text === '') return [];
  if (isUrl(text)) return [text];
  const parts: string[] = [];
  let start = 0;
  for (const { 0: infix, index } of text.matchAll(INFIX)) {
    if (index === 0) continue;
    if (index > start) parts.push(text.slice(start, index));
    parts.push(infix);
    start = index + infix.length;
  }
  if (start < text.length) parts.push(text.slice(start));
  return parts;
}

/** Exceptions that have affixes or infixes of their own, by the tokens that they fall into without them. */
const DIVIDED: ReadonlyMap<string, readonly string[]> = new Map(
  [...ENGLISH_EXCEPTIONS]
    .filter(([text]) => prefixLength(text) > 0 || suffixLength(text) > 0 || text.search(INFIX) >= 0)
    .map(([text, tokens]) => [splitAffixes(text, () => undefined).join(' '), tokens]),
);
const MOST_PARTS = Math.max(...[...DIVIDED.keys()].map((key) => key.split(' ').length));

interface Found {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly string[];
}

/** Puts exceptions in the place of the tokens that they fell into: the longest first, and of equal ones the first. */
function applyExceptions(tokens: readonly string[]): readonly string[] {
  const found = findDivided(tokens);
  if (found.length === 0) return tokens;
  found.sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start);
  const taken = new Set<number>();
  const kept = new Map<number, Found>();
  for (const each of found) {
    if (!taken.has(each.start) && !taken.has(each.end - 1)) kept.set(each.start, each);
    for (let index = each.start; index < each.end; index++) taken.add(index);
  }
  const result: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const each = kept.get(index);
    result.push(...(each?.tokens ?? tokens.slice(index, index + 1)));
    if (each) index = each.end - 1;
  }
  return result;
}

function findDivided(tokens: readonly string[]): Found[] {
  const found: Found[] = [];
  for (let start = 0; start < tokens.length; start++) {
    for (let end = start + 1; end <= Math.min(start + MOST_PARTS, tokens.length); end++) {
      const divided = DIVIDED.get(tokens.slice(start, end).join(' '));
      if (divided) found.push({ start, end, tokens: divided });
    }
  }
  return found;
}
